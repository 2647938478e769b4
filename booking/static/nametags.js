// Name tags from a list of names. The names stay in this page: they are put into the document as text, and nothing here
// sends or stores anything. A page that is left or opened again forgets them.
(() => {
  "use strict";
  const names = document.querySelector("[data-tag-names]");
  const group = document.querySelector("[data-tag-group]");
  const tags = document.querySelector("[data-tags]");
  const count = document.querySelector("[data-tag-count]");
  if (!names || !group || !tags || !count) return;
  const MOST = 200;
  const PER_PAGE = 10;

  const places = [...group.options]
    .filter((option) => option.dataset.place)
    .map((option) => ({ value: option.value, name: option.dataset.place, pupils: Number(option.dataset.pupils) }));

  // the place of the pupil who stands at `index` of the list
  const placeOf = (index) => {
    if (group.value !== "order") return places.find((place) => place.value === group.value)?.name ?? "";
    let before = 0;
    for (const place of places) {
      before += place.pupils;
      if (index < before) return place.name;
    }
    return "";
  };

  const line = (tag, text, name) => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (name) element.className = name;
    return element;
  };

  const draw = () => {
    const listed = names.value
      .split("\n")
      .map((text) => text.replace(/\s+/g, " ").trim().slice(0, 40))
      .filter(Boolean)
      .slice(0, MOST);
    tags.replaceChildren(
      ...listed.map((name, index) => {
        const tag = line("li", "", "tag");
        tag.append(line("b", name), line("span", `${tags.dataset.school} ${tags.dataset.class}`));
        const place = placeOf(index);
        if (place) tag.append(line("span", place, "tag-place"));
        return tag;
      }),
    );
    count.textContent = listed.length
      ? count.dataset.words.replace("{n}", listed.length).replace("{pages}", Math.ceil(listed.length / PER_PAGE))
      : "";
  };

  const forget = () => {
    names.value = "";
    group.value = "";
    draw();
  };

  names.addEventListener("input", draw);
  group.addEventListener("change", draw);
  // some browsers bring back what stood in a field: at a reload, or when one comes back to the page
  window.addEventListener("pageshow", forget);
  window.addEventListener("pagehide", forget);
})();
