/* A run as a film. The steps of the page are its script; without this file they are a list of pictures. */
(() => {
  "use strict";
  const film = document.getElementById("film");
  if (!film) return;
  const TRAVEL_MS = 700; // how long the pointer is under way, in the time of the film
  const byId = (id) => document.getElementById(id);
  const isStill = matchMedia("(prefers-reduced-motion: reduce)");
  document.documentElement.classList.add("has-js");

  /* the script */
  const scenes = [...document.querySelectorAll(".scene")].map((item, number) => {
    const words = item.dataset.events.split(" ");
    const events = [];
    for (let i = 0; i < words.length; i += 3) events.push({ what: words[i], at: +words[i + 1], even: +words[i + 2] });
    const press = item.dataset.press?.split(" ").map(Number);
    return { ...item.dataset, item, number, events, press, begins: events[0], ends: events.at(-1) };
  });
  const moments = scenes.flatMap((scene) => scene.events);
  const length = () => scenes.at(-1).ends[pace];
  let pace = "even";
  let now = 0;
  let shown = null;
  const converted = (time, from, to) => {
    const next = moments.findIndex((m) => m[from] > time);
    if (next < 1) return next ? moments.at(-1)[to] : moments[0][to];
    const [a, b] = [moments[next - 1], moments[next]];
    return a[to] + ((time - a[from]) / (b[from] - a[from])) * (b[to] - a[to]);
  };

  /* one moment of it */
  const sceneAt = (time) => scenes.findLast((scene) => scene.begins[pace] <= time) ?? scenes[0];
  const when = (scene, what) => scene.events.find((event) => event.what === what)?.[pace] ?? Infinity;
  const show = (scene, src) => {
    const picture = byId("film-picture");
    if (picture.getAttribute("src") !== src) picture.src = src;
    picture.alt = scene.item.querySelector("b").textContent;
  };
  const placePointer = (scene) => {
    const pointer = byId("film-pointer");
    const earlier = scenes.slice(0, scene.number).findLast((one) => one.press)?.press ?? [0.5, 0.5];
    const pressed = when(scene, "press");
    const start = Math.max(scene.begins[pace], pressed - TRAVEL_MS);
    const share = scene.press ? Math.min(1, Math.max(0, (now - start) / Math.max(1, pressed - start))) : 0;
    const eased = isStill.matches ? Math.floor(share) : share * share * (3 - 2 * share);
    const to = scene.press ?? earlier;
    const [x, y] = [0, 1].map((axis) => earlier[axis] + (to[axis] - earlier[axis]) * eased);
    pointer.style.left = `${x * 100}%`;
    pointer.style.top = `${y * 100}%`;
    const ring = byId("film-ring");
    const after = Math.min(when(scene, "after"), scene.ends[pace]);
    ring.hidden = !scene.press || now < pressed || now > Math.max(after, pressed + 400);
    if (scene.press) { ring.style.left = `${scene.press[0] * 100}%`; ring.style.top = `${scene.press[1] * 100}%`; }
  };
  const say = (scene) => {
    const made = [...scene.item.querySelectorAll("[data-on]")].filter((line) => when(scene, line.dataset.on) <= now);
    for (const line of scene.item.querySelectorAll("[data-on]")) line.classList.toggle("is-made", made.includes(line));
    const says = byId("film-says");
    if (says.childElementCount === made.length && says.dataset.scene === scene.item.id) return;
    says.dataset.scene = scene.item.id;
    says.replaceChildren(...made.map((line) => Object.assign(document.createElement("p"), { className: line.className })));
    made.forEach((line, at) => says.children[at].append(...[...line.childNodes].map((node) => node.cloneNode(true))));
  };
  const clock = (ms) => `${Math.floor(ms / 60000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, "0")},${Math.floor((ms % 1000) / 100)}`;
  const render = () => {
    const scene = sceneAt(now);
    const isAfter = now >= when(scene, "after");
    show(scene, isAfter ? scene.after : scene.before);
    byId("film-side").textContent = byId("film-side").dataset[isAfter ? "after" : "before"];
    placePointer(scene);
    say(scene);
    byId("film-scrub").value = now;
    byId("film-clock").value = `${clock(now)} / ${clock(length())}`;
    if (scene !== shown) {
      for (const one of scenes) one.item.classList.toggle("is-current", one === scene);
      const list = byId("scenes");
      const frame = scene.item.offsetTop - list.offsetTop;
      if (frame < list.scrollTop || frame + scene.item.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = frame - 8;
      byId("film-open").href = scene.href;
      for (const src of [scene.after, scenes[scene.number + 1]?.before]) if (src) new Image().src = src;
      shown = scene;
    }
    film.dataset.now = Math.round(now);
  };
  const address = () => {
    const scene = sceneAt(now);
    const ms = Math.round(converted(now, pace, "at") - scene.begins.at);
    history.replaceState(history.state, "", `#${scene.item.id}@${ms}`);
  };
  const seek = (time) => { now = Math.min(Math.max(time, 0), length()); render(); if (!playing) address(); };

  /* playing */
  let playing = 0;
  let last = 0;
  const tick = (stamp) => {
    now = Math.min(now + (stamp - last) * byId("film-speed").value, length());
    last = stamp;
    render();
    if (now >= length()) pause();
    else playing = requestAnimationFrame(tick);
  };
  const mark = () => {
    film.classList.toggle("is-moving", playing > 0);
    byId("film-play").setAttribute("aria-label", byId("film-play").dataset[playing ? "pause" : "play"]);
  };
  const play = () => {
    if (now >= length()) now = 0;
    last = performance.now();
    playing = requestAnimationFrame(tick);
    mark();
  };
  const stop = () => { cancelAnimationFrame(playing); playing = 0; mark(); };
  function pause() { stop(); address(); }
  const step = (direction) => {
    pause();
    const times = moments.map((m) => m[pace]);
    const next = direction > 0 ? times.find((time) => time > now + 0.5) : times.findLast((time) => time < now - 0.5);
    if (next !== undefined) seek(next);
    say(sceneAt(now));
  };
  const stepScene = (direction) => {
    const next = scenes[sceneAt(now).number + direction];
    if (next) { pause(); seek(next.begins[pace]); }
  };
  byId("film-play").addEventListener("click", () => (playing ? pause() : play()));
  byId("film-back").addEventListener("click", () => step(-1));
  byId("film-next").addEventListener("click", () => step(1));
  byId("film-scrub").addEventListener("input", (event) => { pause(); seek(+event.target.value); });
  byId("film-real").addEventListener("change", (event) => {
    const next = event.target.checked ? "at" : "even";
    now = converted(now, pace, next);
    pace = next;
    byId("film-scrub").max = length();
    document.querySelectorAll(".film-ticks rect").forEach((rect, at) => {
      rect.setAttribute("x", (100 * scenes[at].begins[pace]) / length());
      rect.setAttribute("width", (100 * (scenes[at].ends[pace] - scenes[at].begins[pace])) / length());
    });
    render();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, a, button:not(.film-button)")) return;
    if (event.key === "j") stepScene(1);
    else if (event.key === "k") stepScene(-1);
  });

  /* a moment in the address: #attempt or #attempt@milliseconds since it began */
  const fromAddress = () => {
    const [id, ms] = location.hash.slice(1).split("@");
    const scene = scenes.find((one) => one.item.id === id);
    if (scene) seek(ms ? converted(Math.min(scene.begins.at + +ms, scene.ends.at), "at", pace) : scene.begins[pace]);
    else seek(0);
  };
  addEventListener("hashchange", () => { stop(); fromAddress(); });
  fromAddress();
})();
