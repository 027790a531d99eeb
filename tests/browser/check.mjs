// Looks at every view of the page with a browser, at pages that build/release/page_samples has
// written. This program serves them under the policy that they were written for.
//
//     node check.mjs DIR
import { AxeBuilder } from '@axe-core/playwright';
import { close, open, posted, read, size, state, stop, stream, views } from './serve.mjs';

let bad = 0, good = 0;
const ok = (what, is, more = '') => {
    is ? good++ : bad++;
    if (!is) console.log('FAILED ' + what + (more ? ': ' + more : ''));
};
const sideways = page => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

// ---- every view in every look ----
const looks = process.env.QUICK ? [['light', 1440]] : ['light', 'dark'].flatMap(scheme => [1440, 800, 360].map(width => [scheme, width]));
for (const where of Object.keys(views)) for (const [colorScheme, width] of looks) {
    // The states of the top line differ in nothing but that line: two looks are enough.
    const further = where === '/size-1000' || Object.keys(views).indexOf(where) > 14;
    if (further && !(colorScheme === 'light' && width === 1440) && !(colorScheme === 'dark' && width === 360)) continue;
    const page = await open(where, { colorScheme, viewport: { width, height: 800 } });
    const name = `${where} ${colorScheme} ${width}`;
    if (where === '/' && width !== 800) { await page.click('#g-caches summary'); await page.click('#m-payments summary'); }
    const found = await new AxeBuilder({ page }).options({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).analyze();
    ok('axe ' + name, found.violations.length === 0, found.violations.map(v => `${v.id} (${v.nodes.length}) ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].any[0]?.message || v.nodes[0].all[0]?.message || ''}`).join(' | '));
    ok('no sideways scroll ' + name, !await sideways(page));
    ok('no refused load, no script error ' + name, page.problems.length === 0, page.problems.join(' | '));
    await close(page);
}

// ---- without script ----
for (const where of Object.keys(views)) {
    const page = await open(where, { javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
    ok('without script ' + where, await page.locator('h1').count() === 1 && (await page.locator('main').innerText()).length > 40);
    ok('without script, no sideways scroll ' + where, !await sideways(page));
    await close(page);
}
{
    const page = await open('/', { javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
    for (const words of ['Acknowledge', 'Silence 1 h', 'Run now'])
        ok('phone: the first screen has ' + words, await page.locator(`#verdict button:text("${words}")`).evaluate(b => b.getBoundingClientRect().bottom <= 740));
    ok('phone: the first screen has the runbook', await page.locator('#verdict a:text("Runbook")').evaluate(a => a.getBoundingClientRect().bottom <= 740));
    await page.click('#g-caches summary');
    ok('without script: a group unfolds', await page.locator('#g-caches a:text-is("redis-07")').isVisible());
    ok('without script: times are UTC and say so', (await page.locator('footer').innerText()).includes('UTC'));
    ok('without script: reloading is offered', (await page.locator('footer').innerText()).includes('Reload every 10 s'));
    await close(page);
    const filtered = await open('/filtered', { javaScriptEnabled: false });
    ok('without script: the filter leaves what fits', await filtered.locator('#components tbody tr:visible').count() === 18);
    await close(filtered);
}

// ---- keyboard ----
{
    const page = await open('/');
    const seen = [];
    for (let i = 0; i < 24; i++) {
        await page.keyboard.press('Tab');
        seen.push(await page.evaluate(() => {
            const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
            return { text: (e.innerText || e.getAttribute('aria-label') || e.id).trim().split('\n').at(-1).slice(0, 30), height: Math.round(box.height), drawn: style.outlineStyle !== 'none', inline: style.display === 'inline' };
        }));
    }
    const order = seen.map(x => x.text);
    ok('keyboard: the skip link is first', order[0].startsWith('Skip'), order.join(' > '));
    const place = name => order.indexOf(name);
    ok('keyboard: cause, consequences, then acknowledge', place('payments/node-03') > 0 && place('payments/node-03') < place('payments/api') && place('payments/api') < place('Acknowledge') && place('Acknowledge') < place('Run now'), order.join(' > '));
    ok('keyboard: focus is always drawn', seen.every(x => x.drawn));
    ok('keyboard: targets are 24 px high, or links in a line', seen.every(x => x.height >= 24 || x.inline), seen.filter(x => x.height < 24).map(x => x.text + ' ' + x.height).join(', '));
    await page.focus('#fold'); await page.keyboard.press('Space');
    ok('keyboard: unfold all by space', await page.locator('#g-caches').evaluate(d => d.open));
    await close(page);
}

// ---- filter, folds, parts, buttons ----
{
    const page = await open('/');
    const title = stream.update.title ?? await page.title();    // other rows stay
    await page.fill('#q', 'redis-07');
    ok('filter: one row, in the address, too', await page.locator('#components tbody tr:visible').count() === 1 && page.url().includes('q=redis-07'));
    await page.fill('#q', '');
    await page.click('#states a[data-s=u]');
    ok('filter: unknown ones', await page.locator('#components tbody tr:visible').count() === 2 && page.url().includes('s=u'), await page.locator('#components tbody tr:visible').count() + ' rows, ' + page.url());
    await page.click('#states a >> nth=0');
    await page.click('#g-caches summary');
    await page.focus('#g-checkout a >> nth=0');
    await page.waitForTimeout(1800);                        // the part has come
    ok('live: the title follows', await page.title() === title, await page.title());
    ok('live: the verdict is replaced and read aloud', (await page.locator('#say').innerText()) === stream.update.say && (await page.locator('#verdict').innerText()).includes('storage/media'));
    ok('live: groups are put in order', await page.evaluate(order => [...document.querySelectorAll('#groups .g')].map(g => g.id).join() === order.join(), stream.update.order));
    ok('live: an opened group stays open', await page.locator('#g-caches').evaluate(d => d.open));
    ok('live: focus stays where it was', await page.evaluate(() => document.activeElement.href?.includes('/c/checkout/')));
    ok('live: ages follow', await page.evaluate(rows => [...document.querySelectorAll('.t tbody tr')].every((r, i) => !r.offsetParent || r.cells[5].textContent.trim() === rows[i][1]), stream.update.rows));
    await page.reload(); await page.waitForTimeout(150);
    ok('fold: kept over a reload', await page.locator('#g-caches').evaluate(d => d.open));
    ok('title tells the state', (await page.title()).startsWith('✕ payments/node-03: connection refused (+'), await page.title());
    await page.click('#verdict button:text("Acknowledge")');
    await page.waitForTimeout(200);
    const last = posted.at(-1);
    ok('a button posts its form', last?.where === '/i/7f3a-41/ack' && last.body.form_token === '4f1c' && last.body.next === '/' && last.accept === 'application/json', JSON.stringify(last));
    ok('its answer is told in place and aloud', await page.locator('#say').innerText() === 'Acknowledged by jonas' && await page.locator('#verdict button:text("Acknowledged")').isDisabled());
    ok('times: local, UTC on hover', await page.locator('.for time').first().evaluate(t => t.textContent === '03:13:01' && t.title === '2026-11-29 02:13:01 UTC'));
    await page.click('#zone');
    ok('times: UTC on demand', await page.locator('.for time').first().evaluate(t => t.textContent === '02:13:01'));
    await close(page);
}

// ---- no contact ----
{
    const page = await open('/well');
    state.silent = true;
    await page.waitForTimeout(13500);
    ok('no contact: said, with the age of what is seen', /^No contact for 1\d s\. What you see is \d+ s old\./.test(await page.locator('#gone').innerText()), await page.locator('#gone').innerText());
    ok('no contact: in the title', (await page.title()).startsWith('? no contact'));
    ok('no contact: no colour is left', await page.evaluate(() => { const s = getComputedStyle(document.documentElement); return s.getPropertyValue('--f') === s.getPropertyValue('--u') && s.getPropertyValue('--ok') === s.getPropertyValue('--u'); }));
    state.silent = false;
    await page.waitForTimeout(1800);
    ok('contact again: colours and title are back', !(await page.title()).startsWith('?') && await page.locator('#gone').isHidden());
    await close(page);
}

// ---- preferences, zoom, print ----
{
    const still = await open('/', { reducedMotion: 'reduce' });
    ok('nothing moves', await still.evaluate(() => [...document.querySelectorAll('*')].every(e => { const s = getComputedStyle(e); return s.animationName === 'none' && s.transitionDuration === '0s'; })));
    await close(still);
    const forced = await open('/', { forcedColors: 'active' });
    ok('forced colours: shapes are drawn', await forced.locator('.v > .i').evaluate(e => e.getBoundingClientRect().width > 20));
    await close(forced);
    for (const where of Object.keys(views)) {
        const zoomed = await open(where, { viewport: { width: 640, height: 450 } });   // 1280 at 200 %
        ok('zoom 200 %: no sideways scroll ' + where, !await sideways(zoomed));
        await close(zoomed);
    }
    const printed = await open('/');
    const pdf = await printed.pdf({ format: 'A4' });
    const pages = (pdf.toString('latin1').match(/\/Type\s*\/Page[^s]/g) || []).length;
    ok('print: 204 components on two pages', pages > 0 && pages <= 2, pages + ' pages');
    await close(printed);
}

// ---- a thousand components ----
{
    const page = await open('/size-1000', { viewport: { width: 1440, height: 900 } });
    const took = await page.evaluate(() => { const t = performance.now(); const q = document.querySelector('#q'); q.value = 'redis-07'; q.oninput(); return performance.now() - t; });
    ok('1,000 components: the filter answers at once', took < 400, took.toFixed(0) + ' ms');
    console.log(`1,000 components: loaded in ${await page.evaluate(() => Math.round(performance.getEntriesByType('navigation')[0].domComplete))} ms, filtered in ${took.toFixed(0)} ms`);
    await close(page);
}

// ---- a fleet ----
{
    const page = await open('/fleet', { javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
    const headings = await page.locator('#nodes h2').allInnerTexts();
    ok('fleet: those in trouble are first', headings.join() === 'Two nodes of one name,Unheard,Another configuration,Out of service,Heard', headings.join());
    ok('fleet: who is unheard, and since when', /web-0002.*4 min/s.test(await page.locator('#unheard').innerText()), await page.locator('#unheard').innerText());
    await close(page);
    const large = await open('/fleet-1000', { javaScriptEnabled: false, viewport: { width: 1440, height: 900 } });
    ok('fleet of 1,000: the first screen tells who is in trouble, the rest is folded', await large.locator('#nodes tbody tr:visible').count() === 4 && await large.evaluate(() => document.documentElement.scrollHeight < 2000), await large.locator('#nodes tbody tr:visible').count() + ' rows, ' + await large.evaluate(() => document.documentElement.scrollHeight) + ' px');
    await large.click('#m-heard summary');
    ok('fleet of 1,000: unfolds without script, and is bounded', await large.locator('#m-heard tbody tr').count() === 200);
    await close(large);
    const cut = await open('/fleet-cut', { viewport: { width: 1440, height: 900 } });
    ok('fleet: no contact is said first, and nobody is called heard', /No contact/.test(await cut.locator('#contact').innerText()) && !/\bheard\b/.test(await cut.locator('#nodes tbody').first().innerText()));
    await close(cut);
    for (const secret of ['acme.example', '2.3.0<td', 'mara', 'edge'])
        ok('fleet: a stranger does not read ' + secret, !read('stranger-fleet.html').replace(/<footer.*/s, '').includes(secret));
}

// ---- bytes ----
{
    for (const [file, most] of [['page.css', 12000], ['page.js', 12000], ['size-20.html', 30000], ['size-1000.html', 200000], ['component.html', 30000], ['incident.html', 30000], ['public.html', 30000], ['fleet.html', 30000], ['fleet-1000.html', 200000]])
        ok(`${file} has at most ${most} bytes`, size(file) <= most, String(size(file)));
    for (const file of Object.values(views))
        ok(`no inline style or handler in ${file}`, !/ style=| on[a-z]+=|<style|https?:\/\/[^"]*\.(css|js|png)/.test(read(file).replace(/xmlns='[^']*'/g, '')));
}

await stop();
console.log(`${good} well, ${bad} failed`);
process.exit(bad ? 1 : 0);
