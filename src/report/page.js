// Draws the charts of the page: one function for each data-chart name of page.cpp, from the JSON
// object that page_data.cpp writes. Chart text is SVG text and tooltips are rich text, never HTML:
// names of domains stay text whatever they hold.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const canvases = [...document.querySelectorAll("[data-chart]")];
  if (typeof echarts === "undefined") return;

  const last = (list) => list[list.length - 1];
  const finite = (list) => list.filter((x) => x !== null && Number.isFinite(x));
  const logs = Math.log10;
  const lossText = (x) => (x === null ? "-" : Math.abs(x) < 1e7 ? x.toFixed(4) : x.toPrecision(4));
  const share = (x) => x.toFixed(3);
  const count = (n) => {
    for (const [size, letter] of [[1e12, "T"], [1e9, "B"], [1e6, "M"], [1e3, "K"]])
      if (n >= size) return `${+(n / size).toPrecision(3)}${letter}`;
    return `${+n.toPrecision(3)}`;
  };
  const seconds = (s) => (s < 90 ? `${+s.toPrecision(3)} s` : `${+(s / 60).toPrecision(3)} min`);

  // Colours and letters of the page as they are now: light, dark or printed.
  let theme = {};
  const readTheme = () => {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    theme = { font: getComputedStyle(document.body).fontFamily };
    for (const name of ["ink", "muted", "line", "card", "accent", "second", "good", "bad", "low",
      "middle", "high", "cool", "warm"]) theme[name] = colour(name);
    theme.scale = [theme.low, theme.middle, theme.high];
  };
  // Okabe and Ito's, told apart by people who see few colours; mid-tones serve light and dark.
  const series_colours = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a8f98",
    "#a6761d", "#7570b3", "#66a61e"];
  const symbols = ["circle", "rect", "triangle", "diamond", "roundRect"];

  // Axes -------------------------------------------------------------------------------------------
  const plain = (name, more = {}) => ({
    type: "value", name, nameLocation: "middle", nameGap: 26, scale: true,
    nameTextStyle: { color: theme.muted }, axisLabel: { color: theme.muted, hideOverlap: true },
    axisLine: { show: true, lineStyle: { color: theme.line } },
    splitLine: { lineStyle: { color: theme.line } }, ...more });
  const names = (list, more = {}) => ({
    type: "category", data: list, axisTick: { show: false },
    axisLine: { lineStyle: { color: theme.line } },
    axisLabel: { color: theme.ink, width: 110, overflow: "truncate", interval: 0 }, ...more });

  // About `wanted` round values between low and high: in equal steps over a small range, 1-2-5 over a
  // large one.
  const roundTicks = (low, high, wanted) => {
    const within = (list) => list.map((x) => +x.toPrecision(6)).filter((x) => x >= low && x <= high);
    if (high / low < 5) {
      const rough = (high - low) / wanted, size = 10 ** Math.floor(logs(rough));
      const step = size * [1, 2, 2.5, 5, 10].find((f) => f * size >= rough);
      const first = Math.ceil(low / step);
      return within(Array.from({ length: 2 * wanted + 2 }, (_, i) => (first + i) * step));
    }
    const decades = Array.from({ length: Math.ceil(logs(high)) - Math.floor(logs(low)) + 1 },
      (_, i) => 10 ** (Math.floor(logs(low)) + i));
    const fine = within(decades.flatMap((d) => [d, 2 * d, 5 * d]));
    return fine.length <= 2 * wanted ? fine : within(decades);
  };
  // A logarithmic axis: a plain one over the logarithms, so that ticks can be round numbers within
  // less than a decade.
  const logAxis = (name, values, format, more = {}, wanted = 4) => {
    const room = 0.03 * (logs(Math.max(...values)) - logs(Math.min(...values))) + 1e-3;
    const low = logs(Math.min(...values)) - room, high = logs(Math.max(...values)) + room;
    const customValues = roundTicks(10 ** low, 10 ** high, wanted).map(logs);
    const axis = plain(name, { min: low, max: high, scale: false, ...more });
    axis.axisLabel = { ...axis.axisLabel, customValues, formatter: (x) => format(10 ** x) };
    axis.axisTick = { customValues };
    axis.splitLine = { ...axis.splitLine, customValues };
    return axis;
  };
  const lossTick = (x) => `${+x.toPrecision(3)}`;
  const shareTick = (x) => `${+x.toPrecision(2)}`;

  const base = (more) => ({
    animation: false, backgroundColor: "transparent",
    textStyle: { fontFamily: theme.font, color: theme.ink },
    tooltip: { renderMode: "richText", confine: true, backgroundColor: theme.card,
      borderColor: theme.line, textStyle: { color: theme.ink, fontSize: 12 },
      formatter: (item) => last(item.value ?? []) },
    ...more });
  const title = (text) => ({ text, left: 8, top: 0, textStyle: { color: theme.ink, fontSize: 14,
    width: 240, overflow: "truncate" } });
  const legend = (more = {}) => ({ textStyle: { color: theme.ink }, top: 0, type: "scroll",
    itemWidth: 12, itemHeight: 12, pageTextStyle: { color: theme.ink }, pageIconColor: theme.accent, ...more });
  // A colour for each value on a logarithmic scale, and the bar that explains it.
  const colouring = (values, name, format) => {
    const low = logs(Math.min(...values)), high = logs(Math.max(...values));
    return {
      of: (x) => echarts.color.lerp(high > low ? (logs(x) - low) / (high - low) : 0.5, theme.scale),
      bar: high > low ? { type: "continuous", min: low, max: high, dimension: 2, seriesIndex: [0],
        orient: "horizontal", left: "center", bottom: 0, itemWidth: 10, itemHeight: 90,
        inRange: { color: theme.scale }, textStyle: { color: theme.muted }, hoverLink: false,
        text: [format(10 ** high), `${name} ${format(10 ** low)}`] } : undefined };
  };

  // Charts: width in pixels -> one panel or several, each {height, option} --------------------------
  const charts = {};

  charts.shares = () => {
    const { share: best, default_share: before, share_low: low, share_high: high, level } = data.optimum;
    const interval = { type: "custom", name: `${+(100 * level).toPrecision(4)} % interval`,
      itemStyle: { color: theme.accent, opacity: 0.3 },
      encode: { x: [0, 1], y: 2 }, silent: true, z: 1,
      data: data.train.map((_, k) => [low[k], high[k], k]).filter((d) => d[0] !== null),
      renderItem: (_, api) => {
        const from = api.coord([api.value(0), api.value(2)]), to = api.coord([api.value(1), api.value(2)]);
        return { type: "rect", style: { fill: theme.accent, opacity: 0.3 },
          shape: { x: from[0], y: from[1] - 5, width: Math.max(1, to[0] - from[0]), height: 10, r: 3 } };
      } };
    const dots = (name, values, colour, symbol, size) => ({ type: "scatter", name, symbol,
      symbolSize: size, itemStyle: { color: colour }, z: 3,
      data: values.map((x, k) => [x, k, `${data.train[k]}\n${name} ${share(x)}`]) });
    return { height: 70 + 30 * data.train.length, option: base({
      legend: legend({ data: ["recommended", ...(interval.data.length ? [interval.name] : []), "default"] }),
      grid: { left: 8, right: 24, top: 34, bottom: 30, containLabel: true },
      xAxis: plain("share", { min: 0, scale: false }),
      yAxis: names(data.train, { inverse: true, splitLine: { show: true, lineStyle: { color: theme.line } } }),
      series: [dots("recommended", best, theme.accent, "circle", 13),
        ...(interval.data.length ? [interval] : []),
        dots("default", before, theme.second, "diamond", 13)] }) };
  };

  // Losses in bits a byte of text, where it is known how many bytes a token has.
  const bitsOf = (e, nats) => nats / data.bytes_per_token[e] / Math.LN2;
  const inBits = (e, nats) => (data.bytes_per_token.length ? ` (${lossText(bitsOf(e, nats))} bits/byte)` : "");
  const unitOf = (e) => (data.bytes_per_token.length
    ? `${data.unit} (1 is ${bitsOf(e, 1).toPrecision(3)} bits/byte)` : data.unit);

  // Points of every finished run: x, y (logarithms), colour value, domain share, text.
  const points = (e) => {
    const own = data.share_of[e];
    const found = [];
    for (const run of data.runs)
      run.tokens.forEach((tokens, i) => {
        const loss = run.loss[i][e], mixture = data.mixtures[run.mixture];
        if (loss === null) return;
        const r = own < 0 ? null : mixture.share[own];
        const law = run.law.length ? `, law ${lossText(run.law[i][e])}` : "";
        found.push({ tokens, loss, share: r, law: run.law.length ? run.law[i][e] : null,
          text: `${mixture.label}\n${count(tokens)} tokens${r === null ? "" : `, share ${share(r)}`}\nseen ${lossText(loss)}${inBits(e, loss)}${law}` });
      });
    return found;
  };
  const early = (tokens) => data.law !== null && tokens < 0.995 * data.law.tokens_low;

  charts.curves = () => data.eval.map((domain, e) => {
    const own = data.share_of[e], seen = points(e);
    if (!seen.length) return null;
    const shares = finite(seen.map((p) => p.share)).filter((r) => r > 0);
    const colour = shares.length ? colouring(shares, "own share", shareTick) : null;
    const colourOf = (r) => (colour && r > 0 ? colour.of(r) : theme.muted);
    const dot = (p) => [logs(p.tokens), logs(p.loss), p.share > 0 ? logs(p.share) : 0, p.text];
    const drawn = data.law === null ? []
      : finite(data.law.curves.lines.flatMap((line) => line.loss[e]));
    const lines = data.law === null ? [] : data.law.curves.lines.map((line) => {
      const r = own < 0 ? null : data.mixtures[line.mixture].share[own];
      return { type: "line", showSymbol: false, silent: true, z: 1,
        lineStyle: { width: 1.2, color: colourOf(r), opacity: 0.8 },
        data: line.loss[e].map((y, i) => (y === null ? null : [logs(data.law.curves.tokens[i]), logs(y)]))
          .filter((point) => point !== null) };
    });
    return { height: 300, option: base({
      title: title(domain), visualMap: colour?.bar,
      grid: { left: 58, right: 14, top: 30, bottom: 78 },
      xAxis: logAxis("tokens", seen.map((p) => p.tokens), count),
      yAxis: logAxis(unitOf(e), seen.map((p) => p.loss).concat(drawn), lossTick, { nameGap: 40 }),
      series: [
        { type: "scatter", symbolSize: 6, z: 3, itemStyle: { color: theme.muted },
          data: seen.filter((p) => !early(p.tokens)).map(dot) },
        { type: "scatter", symbolSize: 5, z: 2, itemStyle: { color: "transparent", borderColor: theme.muted },
          data: seen.filter((p) => early(p.tokens)).map(dot) },
        ...lines] }) };
  });

  charts.sections = () => data.eval.map((domain, e) => {
    const section = data.law.sections.domains[e], volumes = data.law.sections.volumes;
    if (section === null) return null;
    const at = (tokens) => volumes.find((v) => Math.abs(v - tokens) <= 0.005 * v);
    const seen = points(e).filter((p) => p.share > 0 && at(p.tokens) !== undefined);
    if (!seen.length) return null;
    const colour = colouring(volumes, "tokens", count);
    return { height: 300, option: base({
      title: title(domain), visualMap: colour.bar,
      grid: { left: 58, right: 14, top: 30, bottom: 78 },
      xAxis: logAxis("own share", seen.map((p) => p.share).concat(section.share), shareTick),
      yAxis: logAxis(unitOf(e), seen.map((p) => p.loss).concat(finite(section.loss.flat())), lossTick,
        { nameGap: 40 }),
      series: [
        { type: "scatter", symbolSize: 6, z: 3, itemStyle: { color: colour.of(volumes[0]) },
          data: seen.map((p) => [logs(p.share), logs(p.loss), logs(at(p.tokens)), p.text]) },
        ...volumes.map((tokens, v) => ({ type: "line", showSymbol: false, silent: true, z: 1,
          lineStyle: { width: 1.4, color: colour.of(tokens) },
          data: section.loss[v].map((y, i) => (y === null ? null : [logs(section.share[i]), logs(y)]))
            .filter((point) => point !== null) }))] }) };
  });

  charts.predicted = (width) => {
    const tokens = last(data.tokens), sets = { fitted: [], "held out": [], check: [] };
    for (const run of data.runs)
      run.tokens.forEach((t, i) => {
        if (!run.law.length || Math.abs(t - tokens) > 0.005 * tokens) return;
        data.eval.forEach((domain, e) => {
          if (run.loss[i][e] !== null && run.law[i][e] !== null)
            sets.fitted.push({ mixture: data.mixtures[run.mixture].label, domain: e,
              seen: run.loss[i][e], predicted: run.law[i][e] });
        });
      });
    for (const point of data.unseen)
      if (point.seen !== null && point.predicted !== null) sets[point.kind].push(point);
    const all = Object.values(sets).flat().flatMap((p) => [p.seen, p.predicted]);
    if (!all.length) return null;
    const room = 0.04 * (Math.max(...all) - Math.min(...all)) + 1e-6;
    const low = Math.min(...all) - room, high = Math.max(...all) + room;
    const look = { fitted: { symbol: "circle", symbolSize: 5, itemStyle: { color: theme.muted, opacity: 0.6 } },
      "held out": { symbol: "circle", symbolSize: 8, itemStyle: { color: "transparent", borderColor: theme.accent, borderWidth: 1.5 } },
      check: { symbol: "diamond", symbolSize: 12, itemStyle: { color: theme.second } } };
    const inner = { color: theme.muted, showMinLabel: false, showMaxLabel: false };
    return { height: Math.min(560, Math.max(340, 0.7 * width)), option: base({
      legend: legend({ data: Object.keys(sets).filter((name) => sets[name].length) }),
      grid: { left: 58, right: 18, top: 36, bottom: 48 },
      xAxis: plain(`seen, ${data.unit}`, { min: low, max: high, scale: false, axisLabel: inner }),
      yAxis: plain(`predicted, ${data.unit}`, { min: low, max: high, scale: false, nameGap: 40, axisLabel: inner }),
      series: [
        ...Object.entries(sets).filter(([, list]) => list.length).map(([name, list]) => ({
          type: "scatter", name, ...look[name],
          data: list.map((p) => [p.seen, p.predicted,
            `${p.mixture}, ${data.eval[p.domain]} (${name})\nseen ${lossText(p.seen)}${inBits(p.domain, p.seen)}, predicted ${lossText(p.predicted)}`]) })),
        { type: "line", name: "equal", showSymbol: false, silent: true, tooltip: { show: false },
          lineStyle: { color: theme.muted, type: "dashed", width: 1 }, itemStyle: { color: theme.muted },
          data: [[low, low], [high, high]] }] }) };
  };

  // A table of relative differences as percent, coloured by sign and size.
  const heatmap = (width, table, columns, rows, what, digits) => {
    const cells = [];
    table.forEach((row, m) => row.forEach((x, e) => {
      if (x !== null) cells.push([e, m, 100 * x,
        `${rows[m]}, ${columns[e]}\n${x > 0 ? "+" : ""}${(100 * x).toFixed(digits + 1)} %`]);
    }));
    if (!cells.length) return null;
    const most = Math.max(...cells.map((c) => Math.abs(c[2])));
    const roomy = (width - 130) / columns.length > 36;
    const upright = (width - 130) / columns.length > 95;
    const high = rows.length > 30 ? 17 : 24;
    return { height: (upright ? 80 : 120) + high * rows.length, option: base({
      grid: { left: 8, right: upright ? 8 : 30, top: 8, bottom: 44, containLabel: true },
      xAxis: names(columns, { position: "top", axisLabel: { color: theme.ink, rotate: upright ? 0 : 35, interval: 0,
        width: 90, overflow: "truncate" } }),
      yAxis: names(rows, { inverse: true,
        axisLabel: { color: theme.ink, interval: 0, width: Math.min(150, 0.28 * width), overflow: "truncate" } }),
      visualMap: { type: "continuous", min: -most, max: most, dimension: 2, orient: "horizontal",
        left: "center", bottom: 0, itemWidth: 10, itemHeight: 120, textStyle: { color: theme.muted },
        inRange: { color: [theme.cool, theme.card, theme.warm] }, hoverLink: false,
        text: [`+${most.toFixed(digits)} %`, `${what}: -${most.toFixed(digits)} %`] },
      series: [{ type: "heatmap", data: cells, itemStyle: { borderColor: theme.line, borderWidth: 1 },
        label: { show: roomy, color: theme.ink, fontSize: 10,
          formatter: (item) => item.value[2].toFixed(digits) } }] }) };
  };

  charts.residuals = (width) => heatmap(width, data.residuals.errors, data.eval,
    data.residuals.mixtures.map((m) => data.mixtures[m].label), "predicted - seen", 1);
  charts.transfer = (width) =>
    heatmap(width, data.law.transfer, data.train, data.eval, "change of the loss", 2);

  // Three shares that add up to 1 are a point of a triangle.
  const ternary = (width) => {
    const rise = Math.sqrt(3) / 2, side = Math.min(width - 150, 520);
    const at = ([, right, top]) => [right + top / 2, rise * top];
    const edge = (k, r) => [0, 1, 2].map((j) => (j === k ? r : j === (k + 1) % 3 ? 1 - r : 0));
    const across = (k, r) => [0, 1, 2].map((j) => (j === k ? r : j === (k + 2) % 3 ? 1 - r : 0));
    const path = (pairs, colour) => ({ type: "line", showSymbol: false, silent: true, z: 1,
      lineStyle: { color: colour, width: 1 }, itemStyle: { color: colour },
      data: pairs.flatMap((pair) => [...pair.map(at), [null, null]]) });
    const steps = [0.2, 0.4, 0.6, 0.8], corners = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
    // Numbers along the edge towards the corner of their domain, which is its own mixture.
    const word = (share, text, more) => ({ value: at(share), label: { show: true, formatter: () => text, ...more } });
    const words = { type: "scatter", silent: true, symbolSize: 0, z: 1, data: [
      ...corners.map((corner, k) => word(corner, data.train[k],
        { position: k === 2 ? "top" : "bottom", distance: k === 2 ? 6 : 22, color: theme.ink, fontSize: 13, width: 130, overflow: "truncate" })),
      ...corners.flatMap((_, k) => steps.map((r) => word(edge(k, r), share(r).slice(0, 3),
        { position: ["bottom", "right", "left"][k], color: theme.muted, fontSize: 11 })))] };
    const tried = data.mixtures.filter((m) => m.mean_loss !== null);
    const losses = tried.map((m) => m.mean_loss), low = Math.min(...losses), high = Math.max(...losses);
    const dots = (name, shares, text, more) => ({ type: "scatter", name, ...more,
      data: shares.map((r, i) => [...at(r), text(r, i)]) });
    const three = (r) => r.map((x, k) => `${data.train[k]} ${share(x)}`).join("\n");
    const marked = data.optimum === null ? [] : [
      dots("bootstrap", data.optimum.bootstrap_share, (r) => `bootstrap\n${three(r)}`,
        { symbolSize: 4, z: 2, itemStyle: { color: theme.accent, opacity: 0.35 } }),
      dots("recommended", [data.optimum.share], (r) => `recommended\n${three(r)}`,
        { symbol: "circle", symbolSize: 16, z: 4, itemStyle: { color: theme.accent, borderColor: theme.card, borderWidth: 2 } }),
      dots("default", [data.optimum.default_share], (r) => `default\n${three(r)}`,
        { symbol: "diamond", symbolSize: 18, z: 4, itemStyle: { color: theme.second, borderColor: theme.card, borderWidth: 2 } })]
      .filter((s) => s.data.length);
    const hidden = { type: "value", show: false };
    return { height: rise * side + 150, option: base({
      legend: marked.length ? legend({ data: marked.map((s) => s.name) }) : undefined,
      grid: { left: (width - side) / 2, width: side, top: 62, height: rise * side },
      xAxis: { ...hidden, min: 0, max: 1 }, yAxis: { ...hidden, min: 0, max: rise },
      visualMap: high > low ? { type: "continuous", min: low, max: high, seriesIndex: [0], dimension: 2,
        orient: "horizontal", left: "center", bottom: 0, itemWidth: 10, itemHeight: 120,
        inRange: { color: theme.scale }, textStyle: { color: theme.muted }, hoverLink: false,
        text: [`${high.toFixed(3)} ${data.unit}`, `${data.loss_name} ${low.toFixed(3)}`] } : undefined,
      series: [{ type: "scatter", symbolSize: 10, z: 3, itemStyle: { color: theme.muted },
        data: tried.map((m) => [...at(m.share), m.mean_loss,
          `${m.label}\n${three(m.share)}\n${data.loss_name} ${lossText(m.mean_loss)}`]) },
        path(corners.map((corner, k) => [corner, corners[(k + 1) % 3]]), theme.muted),
        path(steps.flatMap((r) => [0, 1, 2].map((k) => [edge(k, r), across(k, r)])), theme.line),
        words, ...marked] }) };
  };

  charts.mixtures = (width) => {
    if (data.train.length === 3) return ternary(width);
    const narrow = width < 120 * data.train.length;
    const high = Math.max(...data.mixtures.flatMap((m) => m.share),
      ...(data.optimum ? data.optimum.share.concat(data.optimum.default_share) : []));
    const losses = finite(data.mixtures.map((m) => m.mean_loss));
    const line = (name, values, colour, type) => ({ type: "parallel", name, data: [values],
      lineStyle: { width: 4, color: colour, opacity: 1, type }, z: 3, silent: true });
    const kept = data.mixtures.filter((m) => m.mean_loss !== null || !losses.length);
    return { height: narrow ? 90 + 44 * data.train.length : 380, option: base({
      legend: data.optimum ? legend({ data: ["recommended", "default"] }) : undefined,
      parallel: { layout: narrow ? "vertical" : "horizontal", left: narrow ? 100 : 40,
        right: narrow ? 24 : 50, top: narrow ? 44 : 66, bottom: narrow ? 70 : 50,
        parallelAxisDefault: { type: "value", min: 0, max: Math.ceil(high * 20) / 20,
          nameLocation: narrow ? "start" : "end", nameGap: 12,
          nameTextStyle: { color: theme.ink }, nameTruncate: { maxWidth: narrow ? 80 : 110, ellipsis: "..." },
          axisLabel: { color: theme.muted, hideOverlap: true }, axisLine: { lineStyle: { color: theme.muted } } } },
      parallelAxis: data.train.map((name, k) => ({ dim: k, name })),
      visualMap: losses.length && Math.max(...losses) > Math.min(...losses)
        ? { type: "continuous", min: Math.min(...losses), max: Math.max(...losses), seriesIndex: [0],
          dimension: data.train.length, orient: "horizontal", left: "center", bottom: 0, itemWidth: 10,
          itemHeight: 120, inRange: { color: theme.scale }, textStyle: { color: theme.muted }, hoverLink: false,
          text: [`${Math.max(...losses).toFixed(3)} ${data.unit}`, `${data.loss_name} ${Math.min(...losses).toFixed(3)}`] }
        : undefined,
      series: [{ type: "parallel", lineStyle: { width: 1.5, opacity: 0.85, color: theme.muted },
        data: kept.map((m) => [...m.share, m.mean_loss ?? 0, `${m.label}\n${data.loss_name} ${lossText(m.mean_loss)}`]) },
        ...(data.optimum ? [line("recommended", data.optimum.share, theme.accent, "solid"),
          line("default", data.optimum.default_share, theme.second, "solid")] : [])] }) };
  };

  // How far labels at these heights (pixels from the top) must move so that none covers another and
  // all stay above the floor.
  const apart = (heights, gap, floor) => {
    const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b]);
    const moved = [...heights];
    for (let pass = 0; pass < 100; pass++) {
      moved[last(order)] = Math.min(moved[last(order)], floor);
      for (let i = 1; i < order.length; i++) {
        const missing = gap - (moved[order[i]] - moved[order[i - 1]]);
        if (missing <= 0) continue;
        moved[order[i]] += missing / 2;
        moved[order[i - 1]] -= missing / 2;
      }
    }
    return moved.map((y, i) => y - heights[i]);
  };

  charts.volume = (width) => {
    const tokens = data.by_volume.map((c) => c.tokens), ends = last(data.by_volume).share;
    const seen = logs(data.law.tokens_high), end = logs(last(tokens));
    const most = Math.ceil(20 * Math.max(...data.by_volume.flatMap((c) => c.share)) + 0.01) / 20;
    const inside = Math.max(310, 16 * data.train.length);
    const shift = apart(ends.map((r) => inside * (1 - r / most)), 15, inside);
    const beyond = { silent: true, itemStyle: { color: theme.muted, opacity: 0.12 },
      label: { color: theme.muted, position: "insideTop" },
      data: [[{ name: "extrapolated", xAxis: seen }, { xAxis: end }]] };
    const asked = { silent: true, symbol: "none", lineStyle: { color: theme.muted },
      label: { show: false }, data: [{ xAxis: logs(data.optimum.tokens) }] };
    return { height: inside + 70, option: base({
      grid: { left: 50, right: 104, top: 22, bottom: 48 },
      xAxis: logAxis("training tokens", tokens, count, {}, Math.max(3, Math.floor(width / 130))),
      yAxis: plain("share", { min: 0, max: most, scale: false, nameGap: 36 }),
      series: data.train.map((name, k) => ({ type: "line", name, symbol: symbols[k % symbols.length],
        symbolSize: 6, lineStyle: { width: 2 }, color: series_colours[k % series_colours.length],
        // The dot tells which line it is. A brace that is followed by nothing visible opens no style.
        endLabel: { show: true, formatter: () => `{dot|\u25cf} ${name.replaceAll("{", "{\u200b")}`,
          color: theme.ink, width: 90, overflow: "truncate", offset: [0, shift[k]],
          rich: { dot: { color: series_colours[k % series_colours.length] } } },
        data: data.by_volume.map((c) => [logs(c.tokens), c.share[k],
          `${name}\n${share(c.share[k])} at ${count(c.tokens)} tokens`]),
        markArea: k === 0 && end > seen ? beyond : undefined,
        markLine: k === 0 ? asked : undefined })) }) };
  };

  charts.rounds = () => {
    const line = (name, key, colour, type) => ({ type: "line", name, symbolSize: 6, color: colour,
      lineStyle: { width: 2, type },
      data: data.rounds.map((r) => [r.known, r[key],
        `${r.known} mixtures known\n${name}: ${lossText(r[key])} ${data.unit}`]) });
    return { height: 260, option: base({ legend: legend(),
      grid: { left: 64, right: 24, top: 30, bottom: 48 },
      xAxis: plain("mixtures known", { scale: true, minInterval: 1 }),
      yAxis: plain(`regret, ${data.unit}`, { min: 0, scale: false, nameGap: 48 }),
      series: [line("expected", "regret", theme.accent, "solid"),
        line(`at most, with ${Math.round(100 * data.rounds[0].level)} %`, "high", theme.second, "dashed")] }) };
  };

  charts.entropies = () => {
    const { domains, measures, nats: values, mixture } = data.entropy;
    const panel = (text, axis, table, format) => ({ height: 90 + 22 * domains.length * Math.max(1, measures.length / 2),
      option: base({
        title: { ...title(text), top: 0 }, legend: legend({ top: 24 }),
        grid: { left: 8, right: 24, top: 56, bottom: 30, containLabel: true },
        xAxis: plain(axis, { scale: false }), yAxis: names(domains, { inverse: true }),
        series: measures.map((measure, m) => ({ type: "bar", name: measure, barGap: "5%",
          itemStyle: { color: series_colours[m % series_colours.length] },
          data: table[m].map((x, k) => ({ value: [x, k, `${domains[k]}\n${measure}: ${format(x)}`] })) })) }) });
    return [panel("Implied share", "share", mixture, share), panel("Entropy", "nats", values, lossText)];
  };

  const status_words = ["ok", "missing", "diverged", "failed"];
  const status_colours = () => [theme.good, theme.muted, theme.second, theme.bad];
  const trial_name = (t) => `${t.purpose === "check" ? "check: " : ""}${t.label}${t.repeat ? ` #${t.repeat}` : ""}`;

  charts.timeline = () => {
    const { ranks, bars, cuts } = data.timeline, colours = status_colours();
    const cut = { silent: true, symbol: "none", lineStyle: { color: theme.muted, type: "dashed" },
      label: { show: false }, data: cuts.map((x) => ({ xAxis: x })) };
    const kinds = status_words.map((word, status) => ({ type: "custom", name: word,
      itemStyle: { color: colours[status] }, encode: { x: [0, 1], y: 2 },
      markLine: status === 0 && cuts.length ? cut : undefined,
      data: bars.filter((b) => b.status === status).map((b) => [b.from, b.to, b.row,
        `${trial_name(b)}\nrank ${ranks[b.row]}, ${word}, ${seconds(b.to - b.from)}`]),
      renderItem: (_, api) => {
        const from = api.coord([api.value(0), api.value(2)]), to = api.coord([api.value(1), api.value(2)]);
        const high = Math.min(18, 0.8 * api.size([0, 1])[1]);
        return { type: "rect", style: { fill: colours[status], stroke: theme.card, lineWidth: 1 },
          shape: { x: from[0], y: from[1] - high / 2, width: Math.max(1, to[0] - from[0]), height: high } };
      } }));
    return { height: 80 + Math.max(12, Math.min(26, 900 / ranks.length)) * ranks.length, option: base({
      legend: legend({ data: kinds.filter((k) => k.data.length).map((k) => k.name) }),
      grid: { left: 8, right: 24, top: 30, bottom: 40, containLabel: true },
      xAxis: plain("seconds in which trials ran", { min: 0, scale: false }),
      yAxis: names(ranks.map((r) => `rank ${r}`), { inverse: true,
        axisLabel: { color: theme.ink, interval: "auto" } }),
      series: kinds.filter((k) => k.data.length || k.markLine) }) };
  };

  charts.trials = (width) => {
    const colours = status_colours();
    return { height: 90 + 20 * data.trials.length, option: base({
      legend: legend(), grid: { left: 8, right: 24, top: 34, bottom: 40, containLabel: true },
      xAxis: plain("seconds on one rank", { min: 0, scale: false }),
      yAxis: names(data.trials.map(trial_name), { inverse: true, axisLabel: { color: theme.ink,
        width: Math.min(200, 0.4 * width), overflow: "truncate" } }),
      series: status_words.map((word, status) => ({ type: "bar", name: word, stack: "status",
        itemStyle: { color: colours[status] },
        data: data.trials.map((t, i) => ({ value: [t.seconds, i, `${trial_name(t)}\n${word}, ${seconds(t.seconds)}`], status: t.status }))
          .filter((d) => d.status === status).map((d) => d.value) }))
        .filter((s) => s.data.length) }) };
  };

  // Drawing ------------------------------------------------------------------------------------------
  let drawn = [];
  const draw = () => {
    readTheme();
    drawn.forEach((chart) => chart.dispose());
    drawn = [];
    for (const canvas of canvases) {
      canvas.replaceChildren();
      const made = charts[canvas.dataset.chart](canvas.clientWidth);
      const panels = (Array.isArray(made) ? made : [made]).filter((panel) => panel);
      // All places first: how many there are decides how wide they become.
      const places = panels.map(({ height }) => {
        const place = document.createElement("div");
        place.style.height = `${height}px`;
        canvas.append(place);
        return place;
      });
      panels.forEach(({ option }, i) => {
        const chart = echarts.init(places[i], null, { renderer: "svg" });
        chart.setOption(option);
        drawn.push(chart);
      });
    }
  };

  draw();
  let width = window.innerWidth, waiting = 0;
  window.addEventListener("resize", () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(draw, 150);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  // Paper is white and as wide as it is.
  const paper = (printing) => {
    document.documentElement.classList.toggle("printing", printing);
    document.body.style.width = printing ? "18cm" : "";
    draw();
  };
  window.addEventListener("beforeprint", () => paper(true));
  window.addEventListener("afterprint", () => paper(false));
})();
