// Enhances a page that is complete without it: live parts, local times, filter, folding, buttons.
// The server renders all mark-up; this script only puts it where it belongs.
const $ = (s, at = document) => at.querySelector(s), $$ = (s, at = document) => [...at.querySelectorAll(s)];
const body = document.body, data = body.dataset;
const skew = Date.now() - Date.parse(data.now);            // the server's clock counts, not this machine's
const now = () => Date.now() - skew;
const SILENT = 12;                                          // seconds without a word: no contact

// ---- times ----
const two = n => String(n).padStart(2, '0');
let local = localStorage.zone !== 'UTC';
function span(s) {
    s = Math.max(0, Math.round(s));
    if (s < 60) return s + ' s';
    if (s < 600) return Math.floor(s / 60) + ' min' + (s % 60 ? ' ' + s % 60 + ' s' : '');
    if (s < 5400) return Math.round(s / 60) + ' min';
    if (s < 172800) return Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min';
    return Math.round(s / 86400) + ' d';
}
function clock(t, seconds = true) {
    const d = new Date(t), g = local ? d : new Date(t + d.getTimezoneOffset() * 6e4);
    return two(g.getHours()) + ':' + two(g.getMinutes()) + (seconds ? ':' + two(g.getSeconds()) : '');
}
function times(at = document) {
    for (const e of $$('time', at)) {
        const utc = e.dateTime, t = Date.parse(utc), day = new Date(local ? t : t + new Date(t).getTimezoneOffset() * 6e4);
        e.dataset.w ??= e.textContent;
        const w = e.dataset.w, hm = clock(t, /:\d\d:\d\d/.test(w));
        e.textContent = 'd' in e.dataset ? day.toLocaleDateString('en-GB', { day: '2-digit', month: 'short' }) + (w.includes(':') ? ' ' + hm : '') : hm;
        e.title = utc.replace('T', ' ').replace('Z', ' UTC');
    }
    for (const e of $$('#zone', at)) {
        const b = document.createElement('button');
        b.className = 'lk'; b.id = 'zone';
        b.textContent = local ? 'your time, show UTC' : 'UTC, show your time';
        b.onclick = () => { local = !local; localStorage.zone = local ? 'here' : 'UTC'; times(); $('#zone').focus(); };
        e.replaceWith(b);
    }
}
function ages() {
    for (const e of $$('[data-since]')) {
        const w = span((now() - Date.parse(e.dataset.since)) / 1e3);
        if (e.textContent !== w) e.textContent = w;
    }
}

// ---- folding: what a person opened stays open, through live parts and reloads ----
const opened = new Set(JSON.parse(sessionStorage.open || '[]'));
const fold = $('#fold');
function unfold(at = document) {
    for (const d of $$('details[id]', at)) if (opened.has(d.id)) d.open = true;
}
addEventListener('toggle', e => {
    if (!e.target.id || filtering) return;
    opened[e.target.open ? 'add' : 'delete'](e.target.id);
    sessionStorage.open = JSON.stringify([...opened]);
    rows();
}, true);
if (fold) {
    fold.setAttribute('role', 'button');
    fold.onclick = e => {
        e.preventDefault();
        const open = fold.textContent === 'Unfold all';
        for (const d of $$('#components details')) d.open = open;
        fold.textContent = open ? 'Fold all' : 'Unfold all';
    };
    fold.onkeydown = e => { if (e.key === ' ') fold.onclick(e); };
}

// ---- filter ----
const q = $('#q');
const whole = q && !$('#listed');                           // else not all are here: the server filters
let wanted = '', filtering = false;
function filter() {
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const on = words.length > 0 || wanted;
    filtering = true;
    let seen = 0;
    for (const g of $$('#components .g')) {
        const name = decodeURIComponent(g.id.slice(2));
        let here = 0;
        for (const r of $$('tbody tr', g)) {
            const text = (name + '/' + r.textContent).toLowerCase();
            const fits = words.every(w => text.includes(w)) && (!wanted || $('th', r).dataset.k === wanted);
            r.hidden = !fits;
            here += fits;
        }
        g.hidden = on && !here;
        for (const d of g.matches('details') ? [g] : $$('details', g)) {
            const some = $$('tr:not([hidden])', $('tbody', d)).length;
            if (on) d.open = some > 0 && some <= 40;
            else d.open = opened.has(d.id);
            if (d !== g) d.hidden = on && !some;
        }
        seen += here;
    }
    $('#none').hidden = seen > 0;
    setTimeout(() => { filtering = false; });
    for (const a of $$('#states a')) (a.dataset.s || '') === wanted ? a.setAttribute('aria-current', 'true') : a.removeAttribute('aria-current');
    const p = new URLSearchParams(location.search);
    q.value ? p.set('q', q.value) : p.delete('q');
    wanted ? p.set('s', wanted) : p.delete('s');
    history.replaceState(null, '', (p.size ? '?' + p : location.pathname) + location.hash);
    return seen;
}
if (q) {
    const p = new URLSearchParams(location.search);
    q.value = p.get('q') || '';
    wanted = (p.get('s') || '')[0] || '';
}
if (whole) {
    q.oninput = filter;
    q.form.onsubmit = e => { e.preventDefault(); say(filter() + ' components fit'); };
    onclick = e => {                                        // the chips are a live part
        const a = e.target.closest('#states a');
        if (!a) return;
        e.preventDefault();
        wanted = a.dataset.s || '';
        say(filter() + ' components fit');
    };
}

// ---- buttons: the form's own address, without leaving the page ----
function say(text) { $('#say').textContent = text; }
addEventListener('submit', async e => {
    const f = e.target;
    if (f.method !== 'post' || !f.closest('.act') || f.id) return;
    e.preventDefault();
    const b = $('button', f), was = b.textContent;
    b.disabled = true;
    try {
        const r = await fetch(f.action, { method: 'POST', body: new URLSearchParams(new FormData(f)), headers: { Accept: 'application/json' } });
        const told = await r.json();
        b.textContent = told.done || was;
        say(told.detail || told.title);
        if (!r.ok) b.disabled = false;
    } catch { b.disabled = false; b.textContent = was + ': no contact'; say('No contact, nothing was done'); }
});

// ---- live: the server sends parts of the page, rendered ----
const live = $('#live'), gone = $('#gone'), icon = $('#icon');
const title = document.title, href = icon.href;
let heard = Date.now(), current = now(), away = false, last = { title, icon: href };
function place(id, markup) {
    const old = document.getElementById(id);
    if (!old || old.contains(document.activeElement) && document.activeElement.matches('input')) return;
    const box = document.createElement('template');
    box.innerHTML = markup;
    const part = box.content.firstElementChild, held = old.contains(document.activeElement) && document.activeElement;
    old.replaceWith(part);
    times(part); unfold(part.parentNode);
    if (held) (held.id ? $('#' + held.id) : held.href ? $$('a', part).find(x => x.href === held.href) : $(held.localName, part))?.focus();
}
let list = [];
function rows() {                                           // response and age of every row, in page order, as texts
    $$('.t tbody tr').forEach((r, i) => {
        if (!list[i] || !r.offsetParent) return;            // folded: when it is unfolded
        const c = r.cells, [ms, age] = list[i];
        if (c[3].firstChild && c[3].firstChild.data !== ms) c[3].firstChild.data = ms;
        if (c[5].textContent !== age) c[5].textContent = age;
    });
}
function take(m) {
    for (const id in m.parts) place(id, m.parts[id]);
    if (m.order) {
        const held = document.activeElement;                // moving an element takes its focus
        for (const id of m.order) $('#groups')?.append(document.getElementById(id));
        held.focus({ preventScroll: true });
    }
    if (m.rows) { list = m.rows; rows(); }
    if (m.title) document.title = last.title = m.title;
    if (m.icon) icon.href = last.icon = m.icon;
    if (m.say) say(m.say);                                  // only when the verdict changes
    if (whole && (q.value || wanted)) filter();
    word(m.at);
}
function word(at) {
    heard = Date.now();
    current = at ? Date.parse(at) : now();
    if (away) contact();
}
function contact() {
    away = false;
    document.documentElement.classList.remove('away');
    gone.hidden = true;
    document.title = last.title; icon.href = last.icon;
    say('In contact again');
}
function lose() {
    away = true;
    document.documentElement.classList.add('away');
    gone.hidden = false;
    gone.innerHTML = '<div class=w><span id=since></span><button class=lk>Try now</button></div>';
    $('button', gone).onclick = connect;
    document.title = '? no contact – ' + (data.service || '');
    icon.href = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><circle cx='16' cy='16' r='13' fill='%23fff' stroke='%23586274' stroke-width='4' stroke-dasharray='6 4'/><path d='M16 8v10m0 5v.1' stroke='%23586274' stroke-width='4' stroke-linecap='round'/></svg>";
    say('No contact. What you see is old.');
}
function tick() {
    if (!live || !data.events) return;
    const quiet = (Date.now() - heard) / 1e3, old = (now() - current) / 1e3;
    if (!away && quiet >= SILENT) lose();
    live.className = away ? 'live off' : 'live on';
    live.textContent = away ? 'no contact' : 'live, ' + clock(now());
    if (away) $('#since').textContent = 'No contact for ' + span(quiet) + '. What you see is ' + span(old) + ' old.';
    else ages();
}
let source;
async function connect() {
    source?.close();
    // Reconnects by itself, with Last-Event-ID. A fresh page says what it shows.
    source = new EventSource(data.events + (data.shown ? '&shown=' + data.shown : ''));
    delete data.shown;
    source.addEventListener('part', e => take(JSON.parse(e.data)));
    source.addEventListener('beat', e => word(e.data));     // every 5 s, when nothing changes
    source.addEventListener('reload', () => location.reload());
    source.onerror = () => { if (source.readyState === 2) setTimeout(connect, 5000); };   // a proxy's 502 ends it for good
}
times(); unfold();
if (whole && (q.value || wanted)) filter();
if (data.events) { connect(); tick(); setInterval(tick, 1000); document.onvisibilitychange = tick; }
