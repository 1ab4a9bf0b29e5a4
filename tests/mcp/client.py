"""The official Python client against the real server: both transports, both ways of the protocol."""

import asyncio
import os
import re

from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

ENV = os.environ


def stdio():
    return StdioServerParameters(
        command=ENV["MCP_COMMAND"], args=["mcp"], cwd=ENV["MCP_PROJECT"], env=dict(ENV)
    )


def http():
    headers = {"authorization": f"Bearer {ENV['MCP_TOKEN']}"}
    return streamable_http_client(
        ENV["MCP_URL"], http_client=create_mcp_http_client(headers=headers)
    )


async def visit(name, server, mode):
    told = asyncio.Event()

    async def heard(message):
        if "ResourceUpdated" in type(getattr(message, "root", message)).__name__:
            told.set()

    async with Client(server, mode=mode, message_handler=heard) as client:
        tools = (await client.list_tools()).tools
        assert any(tool.name == "task_create" and tool.output_schema for tool in tools), name
        title = f"Made by Python over {name}"
        made = await client.call_tool("task_create", {"title": title})
        task = made.structured_content["task"]
        assert re.fullmatch(r"TASK-\d+", task), name
        again = await client.call_tool("task_create", {"title": title})
        assert again.structured_content["task"] == task, "a repetition makes no second task"
        wrong = await client.call_tool("task_list", {"limit": 0})
        assert wrong.is_error and "from 1 to 100" in wrong.content[0].text, name

        uri = f"orchestron://task/{task}"
        listed = (await client.list_resources()).resources
        assert any(str(resource.uri) == uri for resource in listed), name
        read = await client.read_resource(uri)
        assert title in read.contents[0].text, name
        prompts = (await client.list_prompts()).prompts
        assert len(prompts) == 5, name
        prompt = await client.get_prompt("review", {"task": task})
        assert title in prompt.messages[0].content.text, name

        # What is followed is told.
        edit = {"task": task, "section": "Goal", "text": f"Changed over {name}"}
        if mode == "legacy":
            await client.subscribe_resource(uri)
            await asyncio.sleep(0.3)
            assert not (await client.call_tool("task_update", edit)).is_error, name
            await asyncio.wait_for(told.wait(), 15)
        else:
            async with client.listen(resource_subscriptions=[uri]) as changes:
                await asyncio.sleep(0.3)
                assert not (await client.call_tool("task_update", edit)).is_error, name
                change = await asyncio.wait_for(anext(aiter(changes)), 15)
                assert uri in str(change), change
    print(f"ok {name}", flush=True)


async def main():
    for transport, connect in {"stdio": stdio, "http": http}.items():
        for mode in ["legacy", "2026-07-28"]:
            await visit(f"{transport}, {mode}", connect(), mode)


asyncio.run(main())
