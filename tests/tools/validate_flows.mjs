// Lints every flow document with an independent Arazzo validator (Redocly). Warnings count as errors.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const flows = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures/flows');
const documents = readdirSync(flows).filter((name) => name.endsWith('.arazzo.yaml')).sort();
const redocly = join(dirname(createRequire(import.meta.url).resolve('@redocly/cli/package.json')), 'bin/cli.js');

const { stdout, stderr } = spawnSync(process.execPath, [redocly, 'lint', '--format=json', ...documents], {
  cwd: flows,
  env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
  encoding: 'utf8',
  maxBuffer: 1 << 28,
});
// The output is one report for each document, one after the other.
const reports = JSON.parse(`[${stdout.replace(/\}\s*\{(?=\s*"totals")/g, '},{')}]`);
if (documents.length === 0 || reports.length !== documents.length) {
  console.error(`${documents.length} documents, ${reports.length} reports\n${stderr}`);
  process.exit(1);
}

let wrong = 0;
for (const [index, { totals, problems }] of reports.entries()) {
  wrong += totals.errors + totals.warnings;
  console.log(`${problems.length > 0 ? 'invalid' : 'valid  '} ${documents[index]}`);
  for (const { ruleId, message, location } of problems) {
    console.log(`  ${location?.[0]?.pointer ?? ''} ${ruleId}: ${message}`);
  }
}
process.exit(wrong > 0 ? 1 : 0);
