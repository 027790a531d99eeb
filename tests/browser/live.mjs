// A person in a browser with the real daemon: logs in, looks, acknowledges, silences, writes a
// note, runs a check, takes the node out of service and back; with scripts and without. Nothing may
// break the policy, and text of others must stay text.
//
//     VITALS_BINARY=build/release/vitals node live.mjs
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { control, end, eventually, hostile, pushed, signal, site, sleep } from './daemon.mjs';

let bad = 0, good = 0;
const ok = (what, is, more = '') => {
    is ? good++ : bad++;
    if (!is) console.log('FAILED ' + what + (more ? ': ' + more : ''));
};
const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
});
const problems = [];
// A context with a page that reports its errors.
async function visitor(options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: 'Europe/Zurich', locale: 'en-GB', ...options });
    const page = await context.newPage();
    page.on('console', m => { if (m.type() === 'error' && !/net::ERR|status of (403|404)/.test(m.text())) problems.push(m.text()); });
    page.on('pageerror', e => problems.push(e.message));
    page.on('dialog', d => { problems.push('a dialog: ' + d.message()); d.dismiss(); });
    return page;
}
const text = (page, of = 'main') => page.locator(of).innerText();
const incidents = async query => (await control('GET', '/v1/incidents' + query)).json().incidents;
async function log_in(page) {
    await page.goto(site + '/login?next=/');
    await page.fill('#tok', 'wrong');
    await page.click('main button');
    ok('a wrong token is refused', (await text(page)).includes('This token is not known'), await text(page));
    await page.fill('#tok', '0per');
    await page.click('main button');
    await page.waitForURL(site + '/');
    ok('logged in', (await text(page, 'footer')).includes('Logged in as operator'), await text(page, 'footer'));
}
async function all_well() {
    for (const name of ['shop/web', 'shop/api', 'databases/main', 'databases/reports', 'caches/one', 'odd/' + hostile])
        await pushed(name, 'ok', hostile);
    await control('PUT', '/v1/workers/settle/' + encodeURIComponent('settle' + hostile) + '/heartbeat', {});
}

// ---- strangers ----
await all_well();
{
    const page = await visitor();
    await page.goto(site + '/');
    ok('a stranger sees states', (await text(page)).includes('Everything works'), (await text(page)).slice(0, 200));
    ok('a stranger sees no button', await page.locator('main button').count() === 0);
    await page.context().close();
}

// ---- with scripts, and without ----
let turn = 0;
for (const scripts of [true, false]) {
    turn++;
    const by = scripts ? 'with scripts: ' : 'without scripts: ';
    await all_well();
    const page = await visitor({ javaScriptEnabled: scripts });
    await log_in(page);
    ok(by + 'all is well at first', (await text(page, '#verdict')).includes('Everything works'), await text(page, '#verdict'));

    // A failure, on the page that is open.
    const cause = scripts ? 'databases/main' : 'databases/reports';
    const began = Date.now();
    await pushed(cause, 'failed', 'connection refused ' + hostile);
    if (scripts) {
        const seen = await eventually(async () => (await text(page, '#verdict h1')).startsWith(cause), 3000);
        ok('a new failure appears on the open page', seen, await text(page, '#verdict'));
        console.log(`a failure was on the open page after ${Date.now() - began} ms`);
        ok('the title is the verdict', (await page.title()).startsWith('✕ ' + cause), await page.title());
        ok('it is read aloud', (await text(page, '#say')).includes(cause), await text(page, '#say'));
    } else {
        await page.reload();
        ok(by + 'a reload shows it', (await text(page, '#verdict h1')).startsWith(cause), await text(page, '#verdict'));
    }
    const found = await eventually(async () => (await incidents('?open=1')).find(each => each.cause === cause));
    ok(by + 'there is an incident', Boolean(found));
    const shown = async () => { if (!scripts) await page.reload(); };

    // Acknowledge, silence.
    await page.click('#verdict button:text-is("Acknowledge")');
    ok(by + 'it is acknowledged', await eventually(async () => (await incidents('?open=1')).find(each => each.cause === cause)?.acknowledged?.by === 'operator'));
    if (!scripts) ok('without scripts: the way back is the page', page.url() === site + '/', page.url());
    await shown();
    ok(by + 'the page says so', await eventually(async () => (await text(page, '#verdict')).includes('acknowledged by operator')), await text(page, '#verdict'));
    await page.click('#verdict button:text-is("Silence 1 h")');
    ok(by + 'it is silenced', await eventually(async () => (await control('GET', '/v1/silences')).json().silences.some(each => each.match.includes(cause))));
    await shown();
    ok(by + 'the page says that, too', await eventually(async () => (await text(page)).includes('silenced') || (await text(page)).includes('Silenced')));
    await page.goto(site + '/c/' + cause);
    await page.click('#verdict button:text-is("End the silence")');
    ok(by + 'the silence is ended', await eventually(async () => !(await control('GET', '/v1/silences')).json().silences.some(each => each.match.includes(cause))));

    // A note, on the incident's page.
    await page.goto(site + '/i/' + found.id);
    await page.fill('#noting input[name=text]', `a disk died ${turn} ${hostile}`);
    await page.click('#noting label:has-text("identified") input');
    await page.click('#noting input[name=public]');
    await page.click('#noting button');
    const note = await eventually(async () => (await control('GET', '/v1/incidents/' + found.id)).json().notes.at(-1));
    ok(by + 'the note is written', note?.text === `a disk died ${turn} ${hostile}` && note.state === 'identified' && note.public === true && note.by === 'operator', JSON.stringify(note));
    ok(by + 'and stands on the page', (await text(page)).includes('a disk died ' + turn));
    ok(by + 'what it takes from a budget has its place', await page.locator('#cost').count() === 1);

    // Run now, on the component's page.
    await page.goto(site + '/c/edge/port');
    const runs = async () => Object.values((await control('GET', '/v1/components/edge%2Fport')).json().runs ?? { none: 0 }).reduce((a, b) => a + b, 0);
    const before = await runs();
    await page.click('#verdict button:text-is("Run now")');
    ok(by + 'it runs', await eventually(async () => await runs() > before));
    if (scripts) ok('its answer is told', await eventually(async () => (await text(page, '#verdict')).includes('Has run') || (await text(page, '#say')).includes('edge/port')), await text(page, '#verdict'));

    // Out of service, and back.
    await page.goto(site + '/');
    await page.click('#node summary');
    await page.fill('#why', 'the rack moves');
    await page.click('#node button');
    ok(by + 'out of service', await eventually(async () => (await control('GET', '/v1/drain')).text.includes('the rack moves')), (await control('GET', '/v1/drain')).text);
    await page.goto(site + '/');
    ok(by + 'the headline says so', (await text(page, '#verdict h1')).includes('Out of service: the rack moves'), await text(page, '#verdict'));
    ok(by + 'readiness fails', (await control('GET', '/readyz')).status === 503 || (await control('GET', '/readyz')).status === 500);
    await page.click('#verdict button:text-is("Back into service")');
    ok(by + 'back in service', await eventually(async () => (await control('GET', '/probe_status')).text.startsWith('OK')), (await control('GET', '/probe_status')).text);

    // What others wrote is text; no page scrolls sideways; axe finds nothing.
    await pushed('odd/' + hostile, 'failed', hostile);
    for (const where of ['/', '/c/' + encodeURIComponent('odd/' + hostile).replace('%2F', '/'), '/c/' + cause, '/i/' + found.id, '/history', '/events', '/workers', '/public', '/login']) {
        await page.goto(site + where);
        ok(by + 'one headline ' + where, await page.locator('h1').count() === 1);
        ok(by + 'no script of others ' + where, await page.locator('script:not([src])').count() === 0 && await page.locator('script').count() === 1);
        if (!scripts) continue;
        ok('no sideways scroll ' + where, await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
        const axe = await new AxeBuilder({ page }).options({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).analyze();
        ok('axe ' + where, axe.violations.length === 0, axe.violations.map(v => `${v.id} ${v.nodes[0].html.slice(0, 160)}`).join(' | '));
    }
    ok(by + 'hostile names are shown as they are', await (async () => { await page.goto(site + '/'); return (await text(page)).includes(hostile); })());

    // Log out.
    await page.click('footer button:text-is("Log out")');
    await page.goto(site + '/');
    ok(by + 'logged out', !(await text(page, 'footer')).includes('Logged in as') && await page.locator('#verdict button').count() === 0);
    await page.context().close();
}

// ---- a page that lost its daemon ----
{
    await all_well();
    const page = await visitor();
    await page.goto(site + '/');
    await eventually(async () => (await text(page, '#live')).startsWith('live'));
    signal('SIGSTOP');
    const began = Date.now();
    const said = await eventually(() => page.locator('#gone').isVisible(), 16000);
    const after = (Date.now() - began) / 1000;
    ok('a stopped daemon turns the page grey within 13 s', said && after < 13.5, after + ' s');
    console.log(`grey after ${after.toFixed(1)} s`);
    ok('and its title says that nothing is known', (await page.title()).startsWith('? no contact'), await page.title());
    signal('SIGCONT');
    ok('contact again', await eventually(async () => !await page.locator('#gone').isVisible(), 10000));
    await page.context().close();
}

// ---- a page without a change is not sent again ----
{
    const page = await visitor();
    const client = await page.context().newCDPSession(page);
    await client.send('Network.enable');
    let bytes = 0;
    client.on('Network.eventSourceMessageReceived', e => { bytes += e.data.length; });
    await page.goto(site + '/');
    await sleep(1000);
    ok('a fresh page is sent little', bytes < 2000, bytes + ' bytes');
    await page.context().close();
}

ok('nothing broke the policy, no script failed, no dialog came', problems.length === 0, problems.join(' | '));
await browser.close();
ok('the daemon ends well', await end() === 0);
console.log(`${good} well, ${bad} failed`);
process.exit(bad ? 1 : 0);
