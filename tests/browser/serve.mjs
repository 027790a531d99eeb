// Serves the pages that build/release/page_samples has written, under the policy that they were
// written for, with a substitute for the stream and for the posts of buttons.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { chromium } from 'playwright-core';

const folder = process.argv[2];
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
export const views = {                                             // address: the sample that stands there
    '/': 'index.html', '/c/payments/node-03': 'component.html', '/c/caches/redis-07': 'component-ok.html',
    '/c/workers/settlement': 'component-workers.html', '/i/7f3a-41': 'incident.html', '/history': 'history.html',
    '/workers': 'workers.html', '/events': 'events.html', '/public': 'public.html', '/login': 'login.html',
    '/nowhere': 'not-found.html', '/fleet': 'fleet.html', '/c/shop/payments': 'component-votes.html',
    ...Object.fromEntries(['stranger', 'stranger-component', 'nothing', 'well', 'out-of-service', 'starting', 'blind', 'stale',
        'degraded', 'maintenance', 'several', 'filtered', 'fleet-1000', 'fleet-cut', 'stranger-fleet', 'size-1000'].map(n => ['/' + n, n + '.html'])),
};
export const stream = JSON.parse(fs.readFileSync(path.join(folder, 'stream.json')));

// ---- what stands in for the daemon ----
export const state = { silent: false };                                        // the stream says nothing more
export const posted = [];
const server = http.createServer((q, r) => {
    const where = new URL(q.url, 'http://x').pathname;
    if (q.method === 'POST') {
        let body = '';
        q.on('data', d => { body += d; });
        q.on('end', () => {
            posted.push({ where, body: Object.fromEntries(new URLSearchParams(body)), accept: q.headers.accept });
            r.writeHead(200, { 'content-type': 'application/json' });
            r.end(JSON.stringify({ done: 'Acknowledged', detail: 'Acknowledged by jonas' }));
        });
        return;
    }
    if (where === '/events/page') {
        r.writeHead(200, { 'content-type': 'text/event-stream' });
        const send = (event, data) => { if (!state.silent) r.write(`event: ${event}\ndata: ${data}\n\n`); };
        send('beat', new Date().toISOString());
        const beat = setInterval(() => send('beat', stream.at), 1000);
        const overview = q.headers.referer === site + '/';
        const part = setTimeout(() => overview && send('part', JSON.stringify(stream.update)), 1500);
        q.on('close', () => { clearInterval(beat); clearTimeout(part); });
        return;
    }
    const file = views[where] || where.slice(1);
    fs.readFile(path.join(folder, file), (e, b) => {
        const type = { html: 'text/html; charset=utf-8', css: 'text/css', js: 'text/javascript', atom: 'application/atom+xml' };
        r.writeHead(e ? 404 : where === '/nowhere' ? 404 : 200, { 'content-type': type[file.split('.').pop()] || 'text/plain', 'content-security-policy': policy });
        r.end(b);
    });
}).listen(0, '127.0.0.1');
await new Promise(done => server.once('listening', done));
export const site = 'http://127.0.0.1:' + server.address().port;


export const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'],
});

export const size = file => fs.statSync(path.join(folder, file)).size;
export const read = file => fs.readFileSync(path.join(folder, file), 'utf8');
export async function open(where, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, timezoneId: 'Europe/Zurich', locale: 'en-GB', ...options });
    const page = await context.newPage();
    page.problems = [];
    page.on('console', m => { if (m.type() === 'error' && !(where === '/nowhere' && m.text().includes('404'))) page.problems.push(m.text()); });
    page.on('pageerror', e => page.problems.push(e.message));
    await page.goto(site + where);
    await page.waitForTimeout(150);
    return page;
}
export const close = page => page.context().close();
export async function stop() {
    await browser.close();
    server.close();
    server.closeAllConnections();
}
