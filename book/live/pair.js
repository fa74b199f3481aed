// Agents in the plane that move in turns: each pulls the state towards its target, weighted by what its prompt sees.
// Nothing here knows a formula of the theory: a round is run, and its rest point is solved for as an affine map's.
"use strict";

const Pair = (() => {
  const add = (x, y) => [x[0] + y[0], x[1] + y[1]];
  const less = (x, y) => [x[0] - y[0], x[1] - y[1]];
  const apply = (m, x) => [m[0][0] * x[0] + m[0][1] * x[1], m[1][0] * x[0] + m[1][1] * x[1]];
  const det = (m) => m[0][0] * m[1][1] - m[0][1] * m[1][0];

  /** Solve m x = b; null where m is singular to rounding. */
  function solve(m, b) {
    const size = Math.max(...m.flat().map(Math.abs));
    const d = det(m);
    if (!(Math.abs(d) > 1e-12 * size * size)) return null;
    return [(b[0] * m[1][1] - m[0][1] * b[1]) / d, (m[0][0] * b[1] - b[0] * m[1][0]) / d];
  }

  /** The matrix of a step: eigenvalues `step` and `step * thin`, the first along `angle` (degrees). */
  function stepMatrix({ step, thin, angle }) {
    const c = Math.cos((angle * Math.PI) / 180), s = Math.sin((angle * Math.PI) / 180);
    const [a, b] = [step, step * thin];
    return [[a * c * c + b * s * s, (a - b) * c * s], [(a - b) * c * s, a * s * s + b * c * c]];
  }

  /** One move: towards the target, as far as the prompt sees the way. */
  const move = (agent, x) => less(x, apply(stepMatrix(agent), less(x, agent.target)));

  /** A round: the others in order, then W. A helper takes the state where W wants it before W moves. */
  function round(scene, x) {
    const passed = [];
    const w = scene.agents[0];
    for (const agent of scene.agents.slice(1)) passed.push((x = scene.mode === "helped" ? w.target : move(agent, x)));
    passed.push((x = move({ ...w, target: declared(scene) }, x)));
    return passed;
  }

  /** The round as an affine map x -> T x + c, read off from where it takes three points. */
  function affine(scene) {
    const end = (x) => round(scene, x).at(-1);
    const c = end([0, 0]);
    const columns = [less(end([1, 0]), c), less(end([0, 1]), c)];
    return { T: [[columns[0][0], columns[1][0]], [columns[0][1], columns[1][1]]], c };
  }

  /** What W says that it wants: an attacker shifts it, so that its own target becomes the rest point. */
  function declared(scene) {
    const w = scene.agents[0];
    if (scene.mode !== "attacked") return w.target;
    const handed = scene.agents.slice(1).reduce((x, agent) => move(agent, x), w.target);
    // w = handed - P (handed - t), solved for t.
    const shift = solve(stepMatrix(w), less(w.target, handed));
    return shift === null ? w.target : add(handed, shift);
  }

  /** Where a round leaves W, the largest modulus of an eigenvalue of T, and the states passed. */
  function run(scene, turns = 80) {
    const { T, c } = affine(scene);
    const rest = solve([[1 - T[0][0], -T[0][1]], [-T[1][0], 1 - T[1][1]]], c);
    const half = (T[0][0] + T[1][1]) / 2, inside = half * half - det(T);
    const radius = inside >= 0 ? Math.abs(half) + Math.sqrt(inside) : Math.sqrt(det(T));
    const path = [scene.start];
    for (let t = 0; t < turns && Math.hypot(...path.at(-1)) < 1e6; t++) path.push(...round(scene, path.at(-1)));
    return { rest, radius, path, declared: declared(scene) };
  }

  return { run, stepMatrix };
})();

const Picture = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 640, HEIGHT = 400, SCALE = 130;
  const NAMES = ["W", "U", "V"];
  const FIRST = {
    mode: "honest",
    start: [-1.9, 0.9],
    agents: [
      { step: 0.6, thin: 0.05, angle: 15, target: [-0.5, 0.8] },
      { step: 0.6, thin: 0.05, angle: 155, target: [0.35, 0.8] },
    ],
  };
  const THIRD = { step: 0.4, thin: 0.5, angle: 60, target: [0.4, 1.1] };
  const at = ([x, y]) => [WIDTH / 2 + SCALE * x, HEIGHT / 2 - SCALE * y];
  const from = (px, py) => [(px - WIDTH / 2) / SCALE, (HEIGHT / 2 - py) / SCALE];
  const within = (x, edge) => Math.max(-edge, Math.min(edge, x));
  const short = (x) => x.toFixed(2).replace("-0.00", "0.00");

  function element(name, attributes, parent) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    parent?.append(made);
    return made;
  }

  /** The ellipse on which an agent's loss is that of a unit step along its thin axis. */
  function ellipse(agent, k, parent) {
    const [cx, cy] = at(agent.target);
    const size = 0.32 * SCALE;
    const [rx, ry] = [size, size / Math.sqrt(Math.max(agent.thin, 0.02))];
    element("ellipse", { cx, cy, rx, ry, transform: `rotate(${-agent.angle} ${cx} ${cy})`, class: `agent-${k}` }, parent);
  }

  function told(scene, found) {
    const w = scene.agents[0];
    if (found.rest === null) return "No state of rest, or more than one: some direction is moved by none of the agents.";
    const far = Math.hypot(found.rest[0] - w.target[0], found.rest[1] - w.target[1]);
    const where = `Rest point (${short(found.rest[0])}, ${short(found.rest[1])}), ${short(far)} from W's target.`;
    const speed = found.radius < 1
      ? `In the long run each round leaves ${short(found.radius)} of the distance to it.`
      : `The rounds do not lead there: the largest modulus of an eigenvalue is ${short(found.radius)}.`;
    const says = scene.mode === "attacked"
      ? ` W asks for (${found.declared.map(short).join(", ")}), not for its target.` : "";
    return `${where} ${speed}${says}`;
  }

  class Live {
    constructor(figure) {
      this.figure = figure;
      this.svg = figure.querySelector("svg");
      this.scene = structuredClone(FIRST);
      try {
        const given = new URLSearchParams(location.hash.slice(1)).get("pair");
        if (given) this.scene = JSON.parse(given);
      } catch {
        // A link that cannot be read shows the first picture.
      }
      this.third = this.scene.agents[2] ?? structuredClone(THIRD);
      this.turns = Infinity;
      for (const input of figure.querySelectorAll("[name]")) {
        this.show(input);
        input.addEventListener("input", () => this.take(input));
      }
      figure.querySelector("button").addEventListener("click", () => this.play());
      this.draw();
    }

    /** Set a control to what the scene has. */
    show(input) {
      const [key, k] = input.name.split("-");
      if (key === "mode") input.checked = input.value === this.scene.mode;
      else if (key === "third") input.checked = this.scene.agents.length > 2;
      else input.value = (this.scene.agents[k] ?? this.third)[key];
    }

    take(input) {
      const [key, k] = input.name.split("-");
      if (key === "mode") this.scene.mode = input.value;
      else if (key === "third") this.scene.agents.splice(2, 1, ...(input.checked ? [this.third] : []));
      else this.scene.agents[k][key] = Number(input.value);
      this.draw();
    }

    /** Show the rounds one by one; all at once for who wants no motion. */
    play() {
      clearInterval(this.timer);
      if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
      this.turns = 0;
      this.timer = setInterval(() => {
        this.turns += 1;
        if (this.turns > 40) {
          this.turns = Infinity;
          clearInterval(this.timer);
        }
        this.draw();
      }, 160);
    }

    /** Something that can be dragged, or moved by the arrow keys. */
    handle(point, label, shape, attributes, moved) {
      const [cx, cy] = at(point);
      const made = element("g", { class: "handle", tabindex: 0, role: "button", "aria-label": label }, this.svg);
      element(shape, { ...attributes(cx, cy) }, made);
      element("circle", { cx, cy, r: 16, class: "grip" }, made);
      const put = (x, y) => {
        moved([within(x, 2.3), within(y, 1.4)]);
        this.draw();
        [...this.svg.querySelectorAll(".handle")].find((one) => one.getAttribute("aria-label") === label)?.focus();
      };
      made.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: [-0.05, 0], ArrowRight: [0.05, 0], ArrowUp: [0, 0.05], ArrowDown: [0, -0.05] }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        put(point[0] + by[0], point[1] + by[1]);
      });
      made.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        const box = this.svg.getBoundingClientRect();
        const drag = (e) => put(...from(((e.clientX - box.left) * WIDTH) / box.width, ((e.clientY - box.top) * HEIGHT) / box.height));
        const stop = () => removeEventListener("pointermove", drag);
        addEventListener("pointermove", drag);
        addEventListener("pointerup", stop, { once: true });
        addEventListener("pointercancel", stop, { once: true });
      });
    }

    draw() {
      const { scene, svg } = this;
      const found = Pair.run(scene);
      const per = scene.agents.length;
      svg.replaceChildren();
      scene.agents.forEach((agent, k) => ellipse(agent, k, svg));
      const shown = found.path.slice(0, Number.isFinite(this.turns) ? 1 + per * this.turns : undefined);
      for (let i = 1; i < shown.length; i++) {
        const [[x1, y1], [x2, y2]] = [at(shown[i - 1]), at(shown[i])];
        element("line", { x1, y1, x2, y2, class: `move agent-${i % per}` }, svg);
      }
      if (found.rest !== null) {
        const [x, y] = at(found.rest);
        element("path", { d: `M${x - 9},${y}L${x},${y - 9}L${x + 9},${y}L${x},${y + 9}Z`, class: "rest" }, svg);
      }
      if (scene.mode === "attacked") {
        const [cx, cy] = at(found.declared);
        element("circle", { cx, cy, r: 7, class: "declared agent-0" }, svg);
      }
      const round = (cx, cy) => ({ cx, cy, r: 7 });
      this.handle(scene.start, "start", "rect", (x, y) => ({ x: x - 5, y: y - 5, width: 10, height: 10, class: "start" }),
        (x) => (scene.start = x));
      scene.agents.forEach((agent, k) => {
        this.handle(agent.target, `target of ${NAMES[k]}`, "circle", (x, y) => ({ ...round(x, y), class: `target agent-${k}` }),
          (x) => (agent.target = x));
        const [x, y] = at(agent.target);
        element("text", { x: x + 12, y: y - 10, class: `agent-${k}` }, svg).textContent = NAMES[k];
      });
      for (const part of this.figure.querySelectorAll("[data-agent='2']")) part.hidden = per < 3;
      this.figure.querySelector("output").textContent = told(scene, found);
      this.figure.dataset.found = JSON.stringify({ scene, ...found });
    }
  }

  for (const figure of document.querySelectorAll("figure.live-pair")) new Live(figure);
})();
