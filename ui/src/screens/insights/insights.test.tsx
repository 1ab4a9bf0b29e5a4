import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { measured, percent } from "../../format/measure";
import { renderAt } from "../../testing/render";

describe("insights", () => {
  it("show each measure with its aim, and whether it is met", async () => {
    renderAt("/insights");
    const handOver = await screen.findByTestId("measure-hand-over");
    expect(handOver).toHaveTextContent("0.4 s");
    expect(handOver).toHaveTextContent("aim below 30 s");
    expect(within(handOver).getByRole("img", { name: "met" })).toBeInTheDocument();
    const throughput = screen.getByTestId("measure-throughput");
    expect(throughput).toHaveTextContent("7.4 a day");
    expect(within(throughput).getByRole("img", { name: "not met" })).toBeInTheDocument();
    expect(screen.getByTestId("measure-cost")).toHaveTextContent("no aim was written down");
    expect(within(handOver).getByRole("img", { name: /^Hand-over: 0.4 s; aim below 30 s/ })).toBeInTheDocument();
    expect(screen.getAllByTestId(/^measure-/)).toHaveLength(9);
    expect(screen.getByTestId("insight-agent-claude-impl")).toHaveTextContent("$38.402149");
  });

  it("are the same as a table", async () => {
    const { user, path } = renderAt("/insights");
    await screen.findByTestId("measure-cost");
    await user.click(screen.getByTestId("insights-view-table"));
    const [table] = await screen.findAllByRole("table");
    expect(path()).toBe("/insights?view=table");
    const rows = within(table as HTMLElement).getAllByRole("row");
    expect(rows).toHaveLength(15);
    expect(rows[0]).toHaveTextContent("DayThroughputCycle time");
    expect(rows[1]).toHaveTextContent("20 Nov");
  });

  it("look further back, and say so in the address", async () => {
    const { user, path } = renderAt("/insights");
    await user.click(within(await screen.findByTestId("insights-period")).getByRole("button"));
    await user.click(await screen.findByRole("option", { name: "Last year" }));
    expect(path()).toBe("/insights?days=365");
  });

  it.each([["empty", "Nothing to measure yet"], ["failing", "The measures could not be read"]] as const)("say when they are %s", async (scenario, words) => {
    renderAt("/insights", scenario);
    expect(await screen.findByText(words)).toBeInTheDocument();
  });
});

describe("measures", () => {
  it.each([[1_000, "100 %"], [905, "91 %"], [44, "4.4 %"], [4, "0.4 %"], [0, "0 %"]])("%i thousandths read %s", (share, words) => {
    expect(percent(share)).toBe(words);
  });

  it("read in their units", () => {
    expect(measured("per-day", 7_400)).toBe("7.4 a day");
    expect(measured("per-day", 100_000)).toBe("100 a day");
    expect(measured("money", 1_234_567)).toBe("$1.23");
    expect(measured("span", 420)).toBe("0.4 s");
  });
});
