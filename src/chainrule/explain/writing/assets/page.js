"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const sections = [...document.querySelectorAll("section")];
  const units = [...document.querySelectorAll(".unit")];
  const weights = [...document.querySelectorAll(".weight")];
  const slider = byId("step"), row = byId("row"), panel = byId("follow");
  const pathOf = (unit) => unit.slice(0, unit.lastIndexOf(":"));

  const show = (value, digits = 4) => {
    if (value === null || value === undefined) return "not finite";
    const text = String(Number(value.toPrecision(digits)));
    return text.replaceAll("-", "−");
  };
  // What fits into a unit of the drawing.
  const small = (value) => {
    if (value === null || value === undefined) return "–";
    const tiny = value !== 0 && Math.abs(value) < 1e-3, huge = Math.abs(value) >= 1e5;
    return tiny || huge ? value.toExponential(1).replaceAll("-", "−").replace("+", "") : show(value, 3);
  };
  const bracketed = (value) => (value < 0 ? `(${show(value, 6)})` : show(value, 6));
  const math = (label) => {
    const [template, place] = data.labels[label];
    return data.templates[template].replace("@", place);
  };
  // A single number, such as the loss, is the same for each row.
  const at = (numbers) => numbers[Math.min(Number(row.value), numbers.length - 1)];

  // Which section is the first that computes something, by stage and layer.
  const first = (stage, path) => sections.findIndex((s) => s.dataset.stage === stage && (path === null || s.dataset.path === path));
  const loss = first("loss", null);
  const begins = (stage, path) => {
    if (path === "x") return 0;
    return path === "loss" ? loss : first(stage, path);
  };

  const draw = () => {
    const now = Number(slider.value), { stage, path } = sections[now].dataset;
    const layer = stage === "update" ? path.slice(0, path.lastIndexOf("/")) : stage === "loss" ? "loss" : path || "x";
    byId("caption").textContent = `${now + 1} of ${sections.length} · ${sections[now].querySelector("h2").textContent}`;
    slider.setAttribute("aria-valuetext", byId("caption").textContent);
    sections.forEach((section, i) => section.classList.toggle("current", i === now));
    document.body.classList.toggle("stepping", !byId("all").checked);
    for (const unit of units) {
      const numbers = data.units[unit.dataset.unit], own = pathOf(unit.dataset.unit);
      const forward = begins("forward", own), backward = begins("backward", own);
      unit.classList.toggle("active", own === layer);
      unit.querySelector(".a").textContent = forward >= 0 && forward <= now ? small(at(numbers.a)) : "";
      const known = numbers.delta && backward >= 0 && backward <= now;
      unit.querySelector(".delta").textContent = known ? `δ ${small(at(numbers.delta))}` : "";
    }
    const active = document.querySelector(".unit.active rect"), frame = byId("drawing");
    if (active) frame.scrollLeft = active.x.baseVal.value + active.width.baseVal.value / 2 - frame.clientWidth / 2;
    for (const weight of weights) {
      weight.classList.toggle("active", pathOf(weight.dataset.to) === layer);
      const { value, gradient, next } = data.weights[weight.dataset.follow];
      const parts = [`${weight.dataset.follow} = ${show(value)}`];
      if (gradient !== undefined && now > loss) parts.push(`gradient ${show(gradient)}`);
      if (next !== undefined && stage === "update") parts.push(`next ${show(next)}`);
      weight.querySelector("title").textContent = parts.join(", ");
    }
  };

  const product = (factors) => {
    const labels = factors.map(([label]) => math(label)).join(" · ");
    const value = show(factors.reduce((total, factor) => total * factor[1], 1), 6);
    const numbers = factors.map((factor) => bracketed(factor[1])).join(" · ");
    return factors.length === 1 ? `${labels} = ${value}` : `${labels} = ${numbers} = ${value}`;
  };
  const sum = ({ label, value, paths, left }) => {
    const count = paths.length + (left ? left[0] : 0);
    const what = count === 1 ? "one product" : `the sum of ${count} products`;
    const lines = paths.map((path, i) => `<p class="product">${i ? "+ " : ""}${product(path)}</p>`);
    if (left) lines.push(`<p class="product">+ ${left[0]} smaller products, which add up to ${show(left[1], 6)}</p>`);
    return `<p>${math(label)} = <b class="value">${show(value, 6)}</b> is ${what}:</p>${lines.join("")}`;
  };

  let chosen = null;
  const follow = () => {
    for (const element of [...units, ...weights]) element.classList.remove("followed");
    panel.hidden = chosen === null;
    if (chosen === null) return;
    chosen.element.classList.add("followed");
    const parts = [];
    const { unit, follow: name } = chosen.element.dataset;
    let ways;
    if (unit) {
      const numbers = data.units[unit];
      if (numbers.sum) parts.push(sum(at(numbers.sum)));
      else parts.push(`<p>${unit.replace(":", ", unit ")}: ${show(at(numbers.a), 6)}</p>`);
      if (numbers.z) parts.push(`<p>a = f(z) = ${show(at(numbers.a), 6)}</p>`);
      ways = numbers.follow && at(numbers.follow);
    } else {
      const { value, next, follow: found } = data.weights[name];
      parts.push(`<p>${name} = ${show(value, 6)}${next === undefined ? "" : `, after the step ${show(next, 6)}`}</p>`);
      if (!found) parts.push("<p>It is frozen: nothing is learned here.</p>");
      ways = found;
    }
    if (ways) {
      parts.push(sum(ways[Math.min(chosen.depth, ways.length - 1)]));
      if (ways.length > 1) parts.push(`<button type="button" id="deeper">${chosen.depth ? "one layer" : "one layer further"}</button>`);
    }
    panel.innerHTML = parts.join("");
    const deeper = byId("deeper");
    panel.scrollIntoView({ block: "nearest" });
    if (deeper) deeper.addEventListener("click", () => { chosen.depth = chosen.depth ? 0 : 1; follow(); });
  };
  const choose = (element) => {
    chosen = chosen && chosen.element === element ? null : { element, depth: 0 };
    follow();
  };

  const go = (step) => { slider.value = String(step); draw(); };
  slider.addEventListener("input", draw);
  byId("back").addEventListener("click", () => go(Number(slider.value) - 1));
  byId("on").addEventListener("click", () => go(Number(slider.value) + 1));
  byId("all").addEventListener("change", draw);
  row.addEventListener("change", () => { draw(); follow(); });
  for (const element of [...units, ...weights]) {
    element.addEventListener("click", () => choose(element));
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      choose(element);
    });
  }
  byId("stage").hidden = false;
  draw();
})();
