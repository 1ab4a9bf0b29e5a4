/** What the fake's agents say and do. */
import type { RunView, TranscriptItemView } from "../wire";
import { minutesAgo } from "./clock";

export function run(id: string, change: Partial<RunView>): RunView {
  return { id, leg: "implement", gate: null, agent: "claude-impl", attempt: 1, state: "working", end: null, since: minutesAgo(12), until: null, cost: 610_000, doing: null, ...change };
}

/** A checkout page, roughly. */
const PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAHgAAABICAIAAACyfKYoAAAAoklEQVR42u3YMQ3AMAxFQfMojkIojkIp1WZoaCQEMlQZIiu6p4/gJstx3q8tWCAADdpAgwZNATRoA50WumlJoEGDFmjQoBGABi3QoEH/q35lv4EGDRo0aNCuDtCgBRq0QIP267C5exw0aNAGGjRo0KBBG2jQoOWpBFqgQYMWaNACDRq0EkEfz5VnoEGDBg0aNGjQoEGDBi3QoAUaNGiBBq1xHa15cy+4cd/mAAAAAElFTkSuQmCC";

const TOLD = `# TASK-117 · implement · attempt 1

Take card payments with Stripe.

## Goal

Buyers pay by card at checkout. Money is captured when the order ships, not before.

## Acceptance criteria

- [ ] A test card pays an order end to end
- [ ] A declined card shows the reason and keeps the basket
- [ ] The webhook's signature is checked; a wrong one is refused with 400

## Handoffs

### 1 · prepare · architect

> The payment port is src/pay/port.rs. Keep Stripe types out of the domain; map them in src/pay/stripe.rs.
`;

export function transcript(): TranscriptItemView[] {
  return [
    { type: "told", text: TOLD },
    { type: "says", text: "I'll start with the payment port to see what an adapter has to provide." },
    { type: "uses", id: "t1", tool: "Read", summary: "src/pay/port.rs", input: JSON.stringify({ file_path: "src/pay/port.rs" }) },
    { type: "got", id: "t1", failed: false, text: "pub trait Payments {\n    fn authorise(&self, order: &Order, card: &CardToken) -> Result<Authorisation, PayError>;\n    fn capture(&self, authorisation: &Authorisation) -> Result<Receipt, PayError>;\n}" },
    { type: "thinks", text: "Authorise and capture are two steps already. The webhook is the missing part: there is no place that checks a signature." },
    { type: "says", text: "The port has **authorise** and **capture** already, so the adapter is small. Missing is:\n\n1. `src/pay/stripe.rs`, which maps Stripe's types\n2. a webhook route that checks the signature\n3. tests against a recorded declined card\n\nI'll write the adapter first." },
    { type: "uses", id: "t2", tool: "Edit", summary: "src/pay/mod.rs", input: JSON.stringify({ file_path: "src/pay/mod.rs", old_string: "pub mod port;\npub mod rates;\n", new_string: "pub mod port;\npub mod rates;\npub mod stripe;\n" }) },
    { type: "got", id: "t2", failed: false, text: "The file src/pay/mod.rs has been updated." },
    { type: "uses", id: "t3", tool: "Bash", summary: "cargo check -p storefront", input: JSON.stringify({ command: "cargo check -p storefront", description: "Check that it compiles" }) },
    { type: "got", id: "t3", failed: true, text: "error[E0583]: file not found for module `stripe`\n --> src/pay/mod.rs:3:1\n  |\n3 | pub mod stripe;\n  | ^^^^^^^^^^^^^^^\n" },
    { type: "uses", id: "t5", tool: "Read", summary: "design/checkout.png", input: JSON.stringify({ file_path: "design/checkout.png" }) },
    { type: "got", id: "t5", failed: false, text: "[image]", images: [{ media: "image/png", data: PICTURE }] },
    { type: "says", text: "As expected, the module is not there yet. The checkout page needs Stripe's own script package to make a card token, so I need to install it." },
    { type: "uses", id: "t4", tool: "Bash", summary: "npm install stripe@17", input: JSON.stringify({ command: "npm install stripe@17", description: "Install the official Stripe SDK; the task names it in its notes" }) },
    { type: "note", text: "Waits for a person to allow it" },
  ];
}

/** The architect, before it asks. */
export function asking(): TranscriptItemView[] {
  return [
    { type: "told", text: "# TASK-121 · prepare · attempt 1\n\nExport orders as CSV." },
    { type: "uses", id: "q1", tool: "Bash", summary: "psql -c 'select count(*) from orders'", input: JSON.stringify({ command: "psql -c 'select count(*) from orders'" }) },
    { type: "got", id: "q1", failed: false, text: " count\n---------\n 2317442" },
    { type: "says", text: "The admin page shows the last 12 months and nobody has asked for more so far. Beyond about **400,000 rows** the answer no longer fits into one request." },
    { type: "says", text: "Both are easy to build now and hard to change later, because accounting will build on the file. So I ask instead of guessing." },
  ];
}
