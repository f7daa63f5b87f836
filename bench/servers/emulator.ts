import { startEmulator } from '../../chain/emulator/emulator.js';
import { announce } from './announce.js';

/** The chain's emulator in a process of its own, with the bucket of the bench. */
const emulator = await startEmulator();
await emulator.createBucket('bench');
announce(emulator.url);
// Nobody asks which calls came.
setInterval(() => emulator.calls.splice(0), 1000);
