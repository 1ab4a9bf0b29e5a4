// The official TypeScript client against the real server: both transports, both ways of the protocol.
import assert from "node:assert/strict";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";

const { MCP_COMMAND, MCP_PROJECT, MCP_URL, MCP_TOKEN } = process.env;

const transports = {
  stdio: () =>
    new StdioClientTransport({ command: MCP_COMMAND, args: ["mcp"], cwd: MCP_PROJECT, env: process.env }),
  http: () =>
    new StreamableHTTPClientTransport(new URL(MCP_URL), {
      requestInit: { headers: { authorization: `Bearer ${MCP_TOKEN}` } },
    }),
};
const ways = { old: "legacy", new: { pin: "2026-07-28" } };

for (const [transport, connect] of Object.entries(transports)) {
  for (const [way, mode] of Object.entries(ways)) {
    const name = `${transport}, ${way}`;
    const client = new Client(
      { name: "orchestron-test", version: "1" },
      { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode } },
    );
    await client.connect(connect());
    const { tools } = await client.listTools();
    assert.ok(tools.some((tool) => tool.name === "task_create" && tool.outputSchema), name);

    const title = `Made by TypeScript over ${name}`;
    const made = await client.callTool({ name: "task_create", arguments: { title } });
    const task = made.structuredContent.task;
    assert.match(task, /^TASK-\d+$/, name);
    const again = await client.callTool({ name: "task_create", arguments: { title } });
    assert.equal(again.structuredContent.task, task, "a repetition makes no second task");
    const wrong = await client.callTool({ name: "task_create", arguments: { title, priority: "high" } });
    assert.ok(wrong.isError && wrong.content[0].text.includes('one of "P0", "P1", "P2"'), name);

    const { resources } = await client.listResources();
    const uri = `orchestron://task/${task}`;
    assert.ok(resources.some((resource) => resource.uri === uri), name);
    const { contents } = await client.readResource({ uri });
    assert.ok(contents[0].text.includes(title), name);
    await assert.rejects(client.readResource({ uri: "orchestron://task/TASK-404" }), name);
    const { resourceTemplates } = await client.listResourceTemplates();
    assert.equal(resourceTemplates.length, 4, name);
    const { prompts } = await client.listPrompts();
    assert.equal(prompts.length, 5, name);
    const prompt = await client.getPrompt({ name: "prepare", arguments: { task } });
    assert.ok(prompt.messages[0].content.text.includes(title), name);

    // What is followed is told.
    const told = new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error(`${name}: no change was told`)), 15_000).unref();
      client.setNotificationHandler("notifications/resources/updated", (note) => resolve(note.params.uri));
    });
    if (way === "old") await client.subscribeResource({ uri });
    else await client.listen({ resourceSubscriptions: [uri] });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const edit = { task, section: "Goal", text: `Changed over ${name}` };
    const edited = await client.callTool({ name: "task_update", arguments: edit });
    assert.equal(edited.isError ?? false, false, JSON.stringify(edited));
    assert.equal(await told, uri, name);
    await client.close();
    console.log(`ok ${name}`);
  }
}
process.exit(0);
