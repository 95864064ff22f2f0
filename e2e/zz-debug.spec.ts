import { test } from '@playwright/test';
test('debug', async ({ page }) => {
  const t0 = Date.now(); const log = (...a: unknown[]) => console.log(((Date.now()-t0)/1000).toFixed(1), ...a);
  page.on('console', (m) => log('console', m.type(), m.text().slice(0,300))); page.on('pageerror', (e) => log('pageerror', e.message));
  page.on('requestfailed', (r) => log('failed', r.url()));
  page.on('worker', (w) => log('worker', w.url()));
  await page.goto('./'); log('loaded');
  let last = '';
  const watch = setInterval(async () => { const t = await page.getByTestId('announcement').textContent().catch(() => 'x'); const p = await page.locator('[role=progressbar]').textContent({timeout:100}).catch(() => ''); const s = `${t} | ${p}`; if (s !== last) log(last = s); }, 1000);
  await page.getByText('of graphics memory').waitFor({ timeout: 400000 }); log('ready');
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('a red ball bouncing up and down on grass by day');
  await page.getByRole('spinbutton', { name: 'Steps' }).fill('4');
  await page.getByRole('button', { name: 'Generate' }).click(); log('clicked');
  await page.getByRole('link', { name: /Download/ }).or(page.getByRole('alert')).first().waitFor({ timeout: 1200000 });
  log('end', (await page.locator('main').innerText()).slice(0, 3000));
  await page.screenshot({ path: 'test-results/real-clip.png' });
  clearInterval(watch);
});
