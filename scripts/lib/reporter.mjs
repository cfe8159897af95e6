// Reports of `node --test`: failures in full, then the count. Thousands of lines of success hide the one that matters.

import { relative } from 'node:path';
import { inspect } from 'node:util';

const indent = (text) => text.replace(/^/gm, '    ');

export default async function* report(source) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of source) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // A suite, or a file, fails by what it holds; what it holds is told on its own.
    if (data.details?.type === 'suite' || data.details?.error?.failureType === 'subtestsFailed') continue;
    if (data.skip !== undefined || data.todo !== undefined) {
      counts.skipped += 1;
    } else if (type === 'test:pass') {
      counts.passed += 1;
    } else {
      counts.failed += 1;
      const where = data.file === undefined ? '' : ` (${relative('.', data.file)}:${data.line ?? 1})`;
      const error = data.details?.error;
      yield `\nFAILED ${data.name}${where}\n${indent(inspect(error?.cause ?? error))}\n`;
    }
  }
  yield `${counts.passed} tests passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
}
