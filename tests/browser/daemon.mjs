// The real daemon for the browser: started with its own configuration, receives states of
// components over its control socket, and is ended by its own process id.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const binary = process.env.VITALS_BINARY || fileURLToPath(new URL('../../build/release/vitals', import.meta.url));
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vitals-browser-'));
const socket = path.join(folder, 'control.sock');
export const sleep = ms => new Promise(done => setTimeout(done, ms));

async function free() {
    for (let port = 20000 + Math.floor(Math.random() * 10000); ; port++) {
        const probe = net.createServer();
        const is = await new Promise(done => probe.once('error', () => done(false)).listen(port, '127.0.0.1', () => done(true)));
        if (!is) continue;
        await new Promise(done => probe.close(done));
        return port;
    }
}

const port = await free();
export const site = 'http://127.0.0.1:' + port;
// What listens for the check that runs.
const listener = net.createServer(c => c.destroy()).listen(0, '127.0.0.1');
await new Promise(done => listener.once('listening', done));
const push = { check: 'push', ttl: '1h' };
// Without a slash: it stands in names, too.
export const hostile = '<img src=x onerror=alert(1)><script>alert(1)"\'&';
fs.writeFileSync(path.join(folder, 'vitals.yaml'), JSON.stringify({
    service: { name: 'Shop ' + hostile, version: '1' },
    listeners: [{ address: '127.0.0.1:' + port }, { address: 'unix:' + socket, control: true }],
    state_dir: path.join(folder, 'state'),
    drain: { delay: '0ms', timeout: '5s' },
    defaults: { interval: '1s', timeout: '1s' },
    components: {
        'shop/web': { ...push, depends_on: ['databases/main'], runbook: 'https://wiki.example/web' }, 'shop/api': push,
        'databases/main': push, 'databases/reports': push, 'caches/one': push, ['odd/' + hostile]: push,
        'edge/port': { check: 'tcp', url: 'tcp://127.0.0.1:' + listener.address().port },
    },
    workers: { settle: { source: 'push', timeout: '1h', expect: { settle: '>=1' } } },
    tokens: { reader: { secret: 'r3ad', allow: ['read'] }, operator: { secret: '0per', allow: ['read', 'control'] } },
    objectives: { checkout: { components: ['shop/*', 'databases/*'], target: '10%', window: '30d' } },
    public: { name: 'Acme', components: { Shop: 'shop/*' } },
}, null, 1));

let daemon, ended;
function start() {
    const log = fs.openSync(path.join(folder, 'stderr'), 'a');
    daemon = spawn(binary, ['serve', '-c', path.join(folder, 'vitals.yaml')], { cwd: folder, stdio: ['ignore', 'ignore', log] });
    ended = new Promise(done => daemon.once('exit', done));
}

// Over the control socket.
export function control(method, where, body) {
    return new Promise((done, fail) => {
        const q = http.request({ socketPath: socket, method, path: where }, r => {
            let text = '';
            r.on('data', d => { text += d; });
            r.on('end', () => done({ status: r.statusCode, text, json: () => JSON.parse(text) }));
        });
        q.on('error', fail);
        q.end(body === undefined ? undefined : JSON.stringify(body));
    });
}
export async function pushed(name, status, detail = '') {
    const answer = await control('PUT', '/v1/components/' + encodeURIComponent(name), { status, detail });
    if (answer.status !== 204) throw new Error(`push ${name}: ${answer.status} ${answer.text}`);
}
export async function eventually(what, timeout = 10000) {
    for (const end = Date.now() + timeout; ; await sleep(50)) {
        const answer = await what();
        if (answer || Date.now() > end) return answer;
    }
}
export const signal = name => daemon.kill(name);

start();
if (!await eventually(async () => { try { return (await control('GET', '/livez')).status === 200; } catch { return false; } }, 15000))
    throw new Error('vitals does not serve: ' + fs.readFileSync(path.join(folder, 'stderr'), 'utf8'));

export async function end() {
    daemon.kill('SIGCONT');
    daemon.kill('SIGTERM');
    const code = await ended;
    listener.close();
    fs.rmSync(folder, { recursive: true, force: true });
    return code;
}
