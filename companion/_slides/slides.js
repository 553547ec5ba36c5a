const slides = [...document.querySelectorAll("main > section")];
const button = (name) => document.querySelector(`[data-do="${name}"]`);
const answers = (slide) => [...slide.querySelectorAll(".answer")];
const tall = (slide) => slide.scrollHeight > slide.clientHeight + 1;
const inside = (index) => Math.min(Math.max(index, 0), slides.length - 1);
let current = 0;

// Smaller type where a slide is too tall; what is still too tall can be scrolled.
const fit = () => {
  const slide = slides[current];
  for (let size = 1; size > 0.6; size -= 0.05) {
    slide.style.setProperty("--fit", size);
    if (!tall(slide)) return;
  }
};
const show = () => {
  current = inside((parseInt(location.hash.slice(1), 10) || 1) - 1);
  slides.forEach((slide, i) => slide.classList.toggle("current", i === current));
  document.getElementById("place").textContent = `${current + 1} / ${slides.length}`;
  button("back").disabled = current === 0;
  button("next").disabled = current === slides.length - 1;
  button("answer").hidden = answers(slides[current]).length === 0;
  fit();
  // A screen reader reads the new slide from its heading on.
  const heading = slides[current].querySelector("h1, h2, h3") || slides[current];
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  slides[current].scrollTop = 0;
};
const go = (index) => { location.hash = inside(index) + 1; };
const act = {
  next: () => go(current + 1),
  back: () => go(current - 1),
  first: () => go(0), last: () => go(slides.length - 1),
  answer: () => answers(slides[current]).forEach((a) => a.classList.toggle("shown")),
  notes: () => {
    const on = document.documentElement.classList.toggle("notes-shown");
    button("notes").setAttribute("aria-pressed", on);
    fit();
  },
};
const keys = {
  ArrowRight: "next", ArrowDown: "next", PageDown: "next", " ": "next",
  ArrowLeft: "back", ArrowUp: "back", PageUp: "back", Home: "first", End: "last",
  a: "answer", Enter: "answer", n: "notes",
};
addEventListener("keydown", (event) => {
  const onControl = event.target.closest("a, button, input, select, summary, textarea");
  if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  if (onControl && [" ", "Enter"].includes(event.key)) return;
  if (tall(slides[current]) && ["ArrowDown", "ArrowUp"].includes(event.key)) return;
  event.preventDefault();
  act[event.key === " " && event.shiftKey ? "back" : keys[event.key]]();
});
document.querySelectorAll("nav button").forEach((b) => (b.onclick = act[b.dataset.do]));
document.documentElement.classList.add("deck");
addEventListener("hashchange", show);
addEventListener("resize", fit);
show();
addEventListener("load", show); // once more: opening a page at #3 moves the focus
