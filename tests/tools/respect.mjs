// Runs every flow with an independent Arazzo engine (Redocly Respect) against the mock org at the
// given address. Prints one line for each flow and app; exits with 1 if the engine does not agree.
//
// The engine accepts no header, takes one set of inputs for all workflows, and names workflows of
// other documents in its own way. So this script writes one document for it. Each run is a workflow
// there, with the credential as a parameter and the inputs as defaults, beside the parts that it calls.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CREDENTIAL = 'SSWS respect-fixture-token';
const fixtures = join(dirname(fileURLToPath(import.meta.url)), '../../fixtures');
const redocly = join(dirname(createRequire(import.meta.url).resolve('@redocly/cli/package.json')), 'bin/cli.js');
const [org, ...only] = process.argv.slice(2);
if (!org) {
  console.error('usage: respect.mjs ORG-URL [FLOW…]');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'respect-'));
let failed;
try {
  failed = await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed > 0 ? 1 : 0);

async function main() {
  const workflows = readFlows();
  const examples = examplesOf(workflows.find(({ workflowId }) => workflowId === 'create-app-integration'));
  const called = new Set(workflows.flatMap(({ steps }) => steps.map(({ workflowId }) => workflowId?.split('.').at(-1))));
  const parts = workflows.filter((workflow) => !standsAlone(workflow) || called.has(workflow.workflowId));
  const runs = [];
  for (const workflow of workflows.filter(standsAlone)) {
    if (only.length > 0 && !only.includes(workflow.workflowId)) continue;
    for (const example of examplesOf(workflow)) {
      const inputs = { ...example };
      if (needsApp(workflow)) inputs.appId = await createApp(examples, example.app);
      runs.push(runOf(workflow, inputs));
    }
  }
  if (runs.length === 0) {
    console.error('nothing to run');
    return 1;
  }
  const report = respect([...runs, ...parts], parts);
  let bad = 0;
  for (const { workflowId } of runs) {
    const problems = problemsOf(report.filter((executed) => executed.workflowId === workflowId));
    bad += problems.length > 0 ? 1 : 0;
    console.log(`${problems.length > 0 ? 'differs' : 'agrees '} ${workflowId}`);
    for (const problem of problems) console.log(`  ${problem}`);
  }
  return bad;
}

// --- the flows ---------------------------------------------------------------------------------

function readFlows() {
  const documents = readdirSync(join(fixtures, 'flows')).filter((name) => name.endsWith('.arazzo.yaml')).sort();
  const paths = documents.map((name) => join(fixtures, 'flows', name));
  const bundles = join(folder, 'bundles');
  cli(['bundle', ...paths, '--ext', 'json', '-o', bundles]);
  return readdirSync(bundles).sort().flatMap((name) => JSON.parse(readFileSync(join(bundles, name), 'utf8')).workflows);
}

function needsApp(workflow) {
  return Boolean(workflow.inputs?.properties?.appId);
}

function standsAlone(workflow) {
  return !needsApp(workflow) || Boolean(workflow.inputs.examples);
}

function examplesOf(workflow) {
  const examples = workflow.inputs?.examples ?? [{}];
  return examples.filter((example) => has(example, workflow['x-only-for'] ?? {}));
}

// Returns true if an object has these members, inside its objects too.
function has(object, wanted) {
  return Object.entries(wanted).every(([name, value]) =>
    typeof value === 'object' ? has(object[name] ?? {}, value) : object[name] === value);
}

function runOf(workflow, inputs) {
  const run = structuredClone(workflow);
  if (inputs.app) run.workflowId += `--${inputs.app}`;
  for (const [name, value] of Object.entries(inputs)) run.inputs.properties[name].default = value;
  return run;
}

async function createApp(examples, app) {
  const { label, signOnMode, settings } = examples.find((example) => example.app === app);
  const answer = await fetch(`${org}/api/v1/apps?activate=true`, {
    method: 'POST',
    headers: { authorization: CREDENTIAL, 'content-type': 'application/json' },
    body: JSON.stringify({ name: app, label, signOnMode, settings }),
  });
  if (answer.status !== 200) throw new Error(`cannot create ${app}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()).id;
}

// --- the engine --------------------------------------------------------------------------------

function respect(workflows, parts) {
  const contract = (name) => join(fixtures, 'contract', name);
  const document = {
    arazzo: '1.0.1',
    info: { title: 'All flows', version: '0.1.0' },
    sourceDescriptions: [
      { name: 'okta', url: contract('openapi.json'), type: 'openapi' },
      { name: 'resourceOwner', url: contract('control.openapi.json'), type: 'openapi' },
      { name: 'clock', url: contract('control.openapi.json'), type: 'openapi' },
    ],
    workflows: workflows.map(prepared),
  };
  writeFileSync(join(folder, 'flows.json'), JSON.stringify(document));
  const report = join(folder, 'report.json');
  const server = ['-S', `okta=${org},resourceOwner=${org},clock=${org}`];
  const skip = parts.flatMap(({ workflowId }) => ['--skip', workflowId]);
  cli(['respect', 'flows.json', ...server, ...skip, '--json-output', report, '--max-steps', '1000000'], report);
  return Object.values(JSON.parse(readFileSync(report, 'utf8')).files)[0].executedWorkflows;
}

// The engine's own lint treats steps of the same name as one, even in different workflows.
function prepared(workflow, index) {
  const text = JSON.stringify(workflow).replaceAll('$steps.', `$steps.w${index}-`);
  const copy = JSON.parse(text);
  return { ...copy, steps: copy.steps.map((step) => ({ ...preparedStep(step), stepId: `w${index}-${step.stepId}` })) };
}

function preparedStep(step) {
  if (step.workflowId) return { ...step, workflowId: step.workflowId.split('.').pop() };
  const parameters = step.parameters ?? [];
  if (!step.operationId.startsWith('$sourceDescriptions.okta.')) return step;
  if (parameters.some(({ name }) => name === 'Authorization')) return step;
  return { ...step, parameters: [...parameters, { name: 'Authorization', in: 'header', value: CREDENTIAL }] };
}

function cli(words, mayFail) {
  const environment = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const options = { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 1 << 30 };
  try {
    execFileSync(process.execPath, [redocly, ...words], options);
  } catch (error) {
    // The engine exits with 1 after a failed check; its report, if there is one, says more.
    if (!mayFail || error.status !== 1 || !existsSync(mayFail)) throw new Error(`${error.stdout}${error.stderr}`);
  }
}

// --- its report --------------------------------------------------------------------------------

function problemsOf(executed) {
  const problems = [];
  let steps = 0;
  const walk = (items, place) => {
    for (const step of items) {
      if (step.type === 'workflow' || step.executedSteps) {
        walk(step.executedSteps ?? [], step.stepId ? [...place, step.stepId] : place);
        continue;
      }
      steps += 1;
      for (const check of step.checks ?? []) {
        if (check.status === 'error' || check.passed === false) {
          problems.push(`${[...place, step.stepId].join('/').replace(/\bw\d+-/g, '')}: ${check.name}: ${text(check)}`);
        }
      }
    }
  };
  walk(executed, []);
  if (steps === 0) problems.push('no step was run');
  return problems;
}

function text({ message, condition }) {
  return [condition, message].filter(Boolean).join(' ').replace(/\s+/g, ' ').slice(0, 600);
}
