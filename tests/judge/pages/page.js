"use strict";
// Draws one sheet and tells where everything stands, in pixels of the picture.

const board = document.createElement("canvas").getContext("2d");
const SVG = "http://www.w3.org/2000/svg";
const EM = 200;

function measure(text, face) {
    board.font = `${EM}px ${face}`;
    const found = board.measureText(text);
    const [up, down] = [found.actualBoundingBoxAscent / EM, found.actualBoundingBoxDescent / EM];
    return {width: found.width / EM, up, down, left: found.actualBoundingBoxLeft / EM, right: found.actualBoundingBoxRight / EM};
}

// Words into lines that are no wider than `width` ems; null where one word or the number of lines doesn't fit.
function lines(text, face, spacing, width, most) {
    const wide = part => measure(part, face).width + spacing * part.length;
    const found = [""];
    for (const word of text.split(" ")) {
        const longer = found.at(-1) ? `${found.at(-1)} ${word}` : word;
        if (wide(longer) <= width) found[found.length - 1] = longer;
        else if (wide(word) > width || found.length === most) return null;
        else found.push(word);
    }
    return found;
}

// Capitals of `cap` millimetres; smaller, as printers of documents do it, only where the text does not fit.
function fit(item) {
    const of_cap = 1 / measure("H", item.face).up;
    for (let cap = item.cap; cap >= 0.55 * item.cap; cap *= 0.97) {
        const size = cap * of_cap;
        const found = lines(item.text, item.face, item.spacing / size, item.width / size, item.lines);
        if (found) return {cap, size, lines: found};
    }
    throw new Error(`${item.id}: the text does not fit, ${item.text.length} characters`);
}

function place(svg, item) {
    const set = fit(item);
    const group = document.createElementNS(SVG, "g");
    group.setAttribute("class", item.field ? "value" : "caption");
    group.setAttribute("transform", `translate(${item.x} ${item.y}) rotate(${item.turn})`);
    svg.append(group);
    const quads = [], characters = [];
    set.lines.forEach((line, row) => {
        const text = document.createElementNS(SVG, "text");
        const y = row * set.cap * item.leading;
        text.textContent = line;
        for (const [name, value] of Object.entries({
            y, "font-family": item.face, "font-size": set.size, fill: item.colour, "letter-spacing": item.spacing,
            "text-anchor": item.anchor, opacity: item.opacity, stroke: item.colour, "stroke-width": item.heavier,
        })) text.setAttribute(name, value);
        group.append(text);
        if (!item.field) return;
        const toPixels = text.getCTM();
        const pixels = (x, y) => { const p = new DOMPoint(x, y).matrixTransform(toPixels); return [p.x, p.y]; };
        const starts = [...line].map((_, at) => [text.getStartPositionOfChar(at).x, text.getEndPositionOfChar(at).x]);
        // One by one: a canvas draws other letters than SVG does where a typeface has some for certain neighbours.
        const inks = [...line].filter(c => c !== " ").map(c => measure(c, item.face));
        const [first, last] = [inks[0], inks.at(-1)];
        const left = starts[0][0] - first.left * set.size, right = starts.at(-1)[1] - item.spacing + (last.right - last.width) * set.size;
        const top = y - Math.max(...inks.map(ink => ink.up)) * set.size, bottom = y + Math.max(...inks.map(ink => ink.down)) * set.size;
        quads.push([pixels(left, top), pixels(right, top), pixels(right, bottom), pixels(left, bottom)]);
        if (row) characters.push([" ", ...characters.at(-1).slice(1)]);
        [...line].forEach((c, at) => characters.push([c, ...pixels((starts[at][0] + starts[at][1]) / 2, y - set.cap / 2)]));
    });
    return item.field ? {field: item.field, text: set.lines.join(" "), cap: set.cap, asked: item.cap, quads, characters} : null;
}

// `sheet`: size in millimetres and pixels, SVG below and above the print, items to print.
function draw(sheet) {
    document.querySelector("svg")?.remove();
    const svg = document.createElementNS(SVG, "svg");
    for (const [name, value] of Object.entries({width: sheet.pixels[0], height: sheet.pixels[1], viewBox: `0 0 ${sheet.size[0]} ${sheet.size[1]}`}))
        svg.setAttribute(name, value);
    svg.innerHTML = sheet.below;
    document.body.append(svg);
    const told = sheet.items.map(item => place(svg, item)).filter(found => found);
    const above = document.createElementNS(SVG, "g");
    above.innerHTML = sheet.above;
    svg.append(above);
    return told;
}

window.ready = Promise.all([...document.fonts].map(face => face.load().catch(() => { throw new Error(`${face.family} is no typeface`); }))).then(() => true);
