// Takes pictures of the pages; those whose names begin with `page` are the ones of the documents:
//
//     node pictures.mjs DIR WHERE [NAME...]
import path from 'node:path';
import { close, open, state, stop } from './serve.mjs';

const shots = process.argv[3], wanted = process.argv.slice(4);
for (const [name, where, options, whole] of [
    ['page', '/', { viewport: { width: 1440, height: 1000 } }], ['page-dark', '/', { viewport: { width: 1440, height: 1000 }, colorScheme: 'dark' }],
    ['page-phone', '/', { viewport: { width: 360, height: 740 } }], ['page-component', '/c/payments/node-03', { viewport: { width: 1280, height: 1150 } }],
    ['page-incident', '/i/7f3a-41', { viewport: { width: 1280, height: 1750 } }], ['page-public', '/public', { viewport: { width: 1000, height: 900 } }, true],
    ['page-login', '/login', { viewport: { width: 800, height: 560 } }], ['page-out-of-service', '/out-of-service', { viewport: { width: 1280, height: 620 } }],
    ['page-blind', '/blind', { viewport: { width: 1280, height: 620 } }],
    ['overview', '/', { viewport: { width: 1440, height: 1000 } }], ['overview-dark', '/', { viewport: { width: 1440, height: 1000 }, colorScheme: 'dark' }],
    ['overview-phone', '/', { viewport: { width: 360, height: 740 } }], ['component', '/c/payments/node-03', { viewport: { width: 1280, height: 900 } }, true],
    ['component-phone', '/c/payments/node-03', { viewport: { width: 360, height: 740 } }, true], ['incident', '/i/7f3a-41', {}, true], ['public', '/public', { viewport: { width: 1000, height: 900 } }, true],
    ['login', '/login', { viewport: { width: 800, height: 560 } }], ['out-of-service', '/out-of-service', {}], ['nothing', '/nothing', { viewport: { width: 1000, height: 560 } }], ['overview-whole', '/', { viewport: { width: 1440, height: 1000 } }, true],
    ['blind', '/blind', {}], ['several', '/several', {}], ['starting', '/starting', {}], ['well', '/well', {}, true], ['history', '/history', {}], ['workers', '/workers', {}], ['events', '/events', {}], ['not-found', '/nowhere', {}], ['stale', '/stale', {}], ['maintenance', '/maintenance', {}], ['workers-component', '/c/workers/settlement', {}, true], ['overview-phone-whole', '/', { viewport: { width: 360, height: 740 } }, true],
]) {
    if (wanted.length && !wanted.includes(name)) continue;
    const page = await open(where, options);
    await page.screenshot({ path: path.join(shots, name + '.png'), fullPage: Boolean(whole) });
    await close(page);
}
if (!wanted.length || wanted.includes('no-contact')) {
    const page = await open('/', { viewport: { width: 1280, height: 700 } });
    await page.waitForTimeout(3000);
    state.silent = true;
    await page.waitForTimeout(14000);
    await page.screenshot({ path: path.join(shots, 'no-contact.png') });
    await close(page);
}
await stop();
