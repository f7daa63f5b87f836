import { type Program, peer, type Run, run } from './programs.js';

export interface Python {
  file: string;
  python: string;
  pandas: string;
  boto3: string | undefined;
}

const VERSIONS = `
import platform, pandas
print(platform.python_version(), pandas.__version__)
try:
    import boto3
    print(boto3.__version__)
except ImportError: pass`;

let found: Promise<Python | undefined> | undefined;

/** A Python with pandas: Debian's first, since it is the one that `apt install python3-pandas` fills. */
export function pythonWithPandas(): Promise<Python | undefined> {
  found ??= find();
  return found;
}

export const NO_PANDAS = 'no Python here has pandas';

export function pythonProgram({ file }: Python, script: string, args: readonly string[]): Program {
  return { file, args: [peer(script), ...args], env: { PYTHONDONTWRITEBYTECODE: '1' } };
}

async function find(): Promise<Python | undefined> {
  for (const file of ['/usr/bin/python3', 'python3']) {
    const answer: Run | undefined = await run({ file, args: ['-c', VERSIONS] }).catch(() => undefined);
    const [python, pandas, boto3] = answer?.stdout.trim().split(/\s+/) ?? [];
    if (python && pandas) return { file, python, pandas, boto3 };
  }
  return undefined;
}
