import type { Case } from '../case.js';
import { bundles } from './bundles.js';
import { enrich } from './enrich.js';
import { gold } from './gold.js';
import { requests } from './requests.js';
import { silver } from './silver.js';
import { startup } from './startup.js';

/** In the order in which they run. */
export const cases: readonly Case[] = [enrich, silver, gold, startup, bundles, requests];
