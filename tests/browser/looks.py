"""What holds of the looks of a page: its words can be read, nothing sticks out, controls can be tapped."""

from __future__ import annotations

from playwright.async_api import Page

WIDTHS = (320, 1280)
"""Of a small telephone, and of a desk: CSS pixels."""
TAPPED = 40
"""How high at least, in CSS pixels, a control is."""

CONTRAST = """() => {
  const light = (c) => {
    const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (text) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = text;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba("white");
  };
  const low = [];
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest("svg, noscript, [hidden]") || !e.offsetParent) continue;
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own && !e.placeholder) continue;
    const style = e.placeholder ? getComputedStyle(e, "::placeholder") : getComputedStyle(e);
    const [a, b] = [light(rgba(style.color)), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) low.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)} ${e.textContent}`);
  }
  return low;
}"""
"""The texts of less contrast than 4.5 : 1 (WCAG 2.2, 1.4.3 AA)."""

SMALL = """(controls, [high, wide]) => controls
  .filter((e) => e.getBoundingClientRect().height < high || e.getBoundingClientRect().width < wide)
  .map((e) => e.outerHTML)"""


async def can_be_read(page: Page, name: str = "") -> None:
    """By day and by night. The page was opened without motion, so that colours change at once."""
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        assert await page.evaluate(CONTRAST) == [], (name, scheme)


async def fits(page: Page, width: int, controls: str, name: str = "", *, wide: int = TAPPED) -> None:
    """The page fits a screen so wide, and its controls are as large as a finger needs."""
    await page.set_viewport_size({"width": width, "height": 568})
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
    found = page.locator(controls)
    assert await found.count()
    assert await found.evaluate_all(SMALL, [TAPPED, wide]) == [], (name, width)
