// Draws a figure from the table behind it (components/chart.html). No inline styles in markup: canvas and rich-text tooltips only.
(() => {
  "use strict";
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const read = (figure) => {
    const table = figure.querySelector("table");
    const names = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
    const rows = [...table.querySelectorAll("tbody tr")];
    return {
      names: names.slice(1),
      axis: names[0],
      categories: rows.map((row) => row.querySelector("th").textContent.trim()),
      series: names.slice(1).map((_, i) => rows.map((row) => {
        const value = row.querySelectorAll("td")[i].dataset.value;
        return value === "" ? null : Number(value);
      })),
    };
  };
  const build = (figure) => {
    const kind = figure.dataset.chart;
    const { names, axis, categories, series } = read(figure);
    const ink = token("--ink-2");
    const quiet = token("--ink-3");
    const line = token("--line");
    const lying = kind === "hbar";
    const category = {
      type: "category", data: lying ? [...categories].reverse() : categories, axisTick: { show: false }, axisLine: { lineStyle: { color: line } },
      axisLabel: { color: ink, hideOverlap: true, width: lying ? 140 : undefined, overflow: "truncate" },
    };
    const amount = { type: "value", axisLabel: { color: quiet }, splitLine: { lineStyle: { color: line } }, name: figure.dataset.unit, nameTextStyle: { color: quiet, align: "left" }, nameGap: 12 };
    const points = kind === "scatter";
    const option = {
      animation: !matchMedia("(prefers-reduced-motion: reduce)").matches, animationDuration: 150,
      color: [1, 2, 3, 4, 5, 6].map((n) => token(`--chart-${n}`)),
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 16, top: (names.length > 1 ? 28 : 8) + (lying ? 0 : 26), bottom: 8, containLabel: true },
      legend: { show: names.length > 1, left: 0, top: 0, itemWidth: 12, itemHeight: 8, textStyle: { color: ink } },
      tooltip: { trigger: points ? "item" : "axis", renderMode: "richText", backgroundColor: token("--surface"), borderColor: line, textStyle: { color: token("--ink") }, axisPointer: { type: "line", lineStyle: { color: quiet } } },
      xAxis: lying ? { ...amount, name: "" } : { ...category, name: points ? axis : "" },
      yAxis: lying ? category : amount,
      series: names.map((name, i) => ({
        name, data: lying ? [...series[i]].reverse() : series[i], stack: kind === "stacked" ? "all" : undefined,
        type: kind === "line" || kind === "step" ? "line" : points ? "scatter" : "bar", step: kind === "step" ? "end" : false,
        showSymbol: categories.length < 16, symbolSize: points ? 8 : 5, lineStyle: { width: 2 }, barMaxWidth: 28,
      })),
    };
    return option;
  };
  for (const figure of document.querySelectorAll("[data-chart]")) {
    const canvas = figure.querySelector(".sm-chart__canvas");
    canvas.hidden = false;
    figure.querySelector(".sm-chart__table").open = false;
    const chart = window.echarts.init(canvas, null, { renderer: "canvas" });
    const draw = () => chart.setOption(build(figure), true);
    draw();
    new ResizeObserver(() => chart.resize()).observe(canvas);
    document.addEventListener("market:theme", () => requestAnimationFrame(draw));
  }
})();
