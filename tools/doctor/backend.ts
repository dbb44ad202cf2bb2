// Started by the doctor in a process of its own: prints the backend in force as one line of JSON.
import { startBackend } from "residual";

const backend = await startBackend();
console.log(
  JSON.stringify({ name: backend.name, device: backend.device, text: backend.describe() }),
);
// The native library keeps threads that would hold the process.
Deno.exit(0);
