// Runs before the first paint: light or dark as the reader chose here, or else as their system is set.
"use strict";

(() => {
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");

  /** @returns {string | null} */
  function chosen() {
    try {
      return window.localStorage.getItem("theme");
    } catch {
      return null;
    }
  }

  function apply() {
    root.dataset.bsTheme = chosen() ?? (dark.matches ? "dark" : "light");
  }

  function flip() {
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    try {
      window.localStorage.setItem("theme", theme);
    } catch {
      // Storage may be forbidden; the choice then lasts as long as the page.
    }
    root.dataset.bsTheme = theme;
  }

  apply();
  dark.addEventListener("change", apply);
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-switch]");
    if (button instanceof HTMLElement) {
      button.hidden = false;
      button.addEventListener("click", flip);
    }
  });
})();
