//! What a page shows (ISO 32000-2, section 8 and annex A): one picture, if it is a scan.
//!
//! Operators are not painted but followed, as far as is needed to know which picture is seen, where, and that
//! nothing else is: text, lines, areas and further pictures make a page that is no scan. What lies below a
//! picture that covers the page is not seen, and neither is text without a colour, which recognition of
//! characters leaves there.

use super::colour::Space;
use super::geometry::{Matrix, Rectangle};
use super::lexer::Lexer;
use super::object::{Dictionary, Object, values};
use super::objects::{Objects, Stream};
use super::pages::{numbers, rectangle};
use super::path::Path;
use super::resources::Resources;
use super::{CORRUPT, unsupported};
use crate::DecodeError;

/// Forms within each other.
const MAX_FORMS: usize = 8;
/// States that are kept for later.
const MAX_KEPT_STATES: usize = 256;
/// The mode of text that nobody sees.
const INVISIBLE: f64 = 3.0;

/// The picture that a page shows.
pub(super) struct Shown<'a> {
    pub(super) stream: Stream<'a>,
    /// Colour spaces that have names where it is drawn.
    pub(super) colours: std::rc::Rc<Dictionary>,
    pub(super) matrix: Matrix,
    /// What may be seen of the page there.
    pub(super) seen: Rectangle,
}

/// Follows the operators of a page.
pub(super) struct Page<'o, 'a> {
    objects: &'o mut Objects<'a>,
    visible: Rectangle,
    shown: Option<Shown<'a>>,
    /// What else is seen.
    beside: Option<&'static str>,
}

#[derive(Clone)]
struct State {
    matrix: Matrix,
    clip: Rectangle,
    /// Cut to something else than a rectangle.
    is_cut_to_shape: bool,
    /// Painted over what is below, as it is.
    is_opaque: bool,
    fill: Fill,
    space: Space,
    text_mode: f64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fill {
    Black,
    White,
    Other,
}

impl<'o, 'a> Page<'o, 'a> {
    pub(super) fn new(objects: &'o mut Objects<'a>, visible: Rectangle) -> Self {
        Self { objects, visible, shown: None, beside: None }
    }

    /// The only thing that is seen on the page.
    pub(super) fn picture(
        mut self,
        operators: &[u8],
        resources: Resources,
    ) -> Result<Shown<'a>, DecodeError> {
        let state = State {
            matrix: Matrix::IDENTITY,
            clip: self.visible,
            is_cut_to_shape: false,
            is_opaque: true,
            fill: Fill::Black,
            space: Space::Grey,
            text_mode: 0.0,
        };
        self.follow(operators, resources, state, 0)?;
        match (self.beside, self.shown) {
            (Some(feature), _) => unsupported(feature),
            (None, Some(shown)) => Ok(shown),
            (None, None) => unsupported("a page that shows no picture"),
        }
    }

    fn follow(
        &mut self,
        operators: &[u8],
        mut resources: Resources,
        mut state: State,
        forms: usize,
    ) -> Result<(), DecodeError> {
        let mut lexer = Lexer::new(operators, 0);
        let mut kept = Vec::new();
        let mut path = Path::default();
        let mut cuts = false;
        loop {
            let before = lexer.at();
            let (operands, word) = values(&mut lexer)?;
            self.objects.budget.spend(lexer.at() - before)?;
            let Some(word) = word else { return Ok(()) };
            match word {
                b"q" if kept.len() == MAX_KEPT_STATES => {
                    return unsupported("states of graphics nested more than 256 deep");
                }
                b"q" => kept.push(state.clone()),
                // One too many ends nothing, as viewers see it.
                b"Q" => state = kept.pop().unwrap_or(state),
                b"cm" => state.matrix = Matrix(floats(&operands)?).then(state.matrix),
                b"gs" => self.take_parameters(&operands, &mut resources, &mut state)?,
                b"Do" => self.draw(&operands, &mut resources, &state, forms)?,
                b"BI" => return unsupported("a picture among the operators"),
                b"sh" => self.paint(&state, state.clip, "a shading"),
                b"m" => path.begin(pair(floats(&operands)?), state.matrix),
                b"l" => path.line(pair(floats(&operands)?), state.matrix),
                b"c" | b"v" | b"y" => path.curve(&pairs(&operands)?, state.matrix),
                b"re" => path.rectangle(floats(&operands)?, state.matrix),
                b"h" => {}
                b"W" | b"W*" => cuts = true,
                b"n" | b"f" | b"F" | b"f*" | b"S" | b"s" | b"B" | b"B*" | b"b" | b"b*" => {
                    self.paint_path(word, &path, &state);
                    if std::mem::take(&mut cuts) {
                        state.cut_to(&path);
                    }
                    path = Path::default();
                }
                b"g" | b"rg" | b"k" | b"cs" | b"sc" | b"scn" => {
                    self.take_colour(word, &operands, &mut resources, &mut state)?;
                }
                b"Tr" => [state.text_mode] = floats(&operands)?,
                b"Tj" | b"TJ" | b"'" | b"\"" if operands.iter().any(has_text) => {
                    // Letters that everything behind them is cut to.
                    state.is_cut_to_shape |= state.text_mode > INVISIBLE;
                    if state.text_mode != INVISIBLE {
                        self.paint(&state, state.clip, "text");
                    }
                }
                // Layers may be switched off.
                b"BDC" | b"DP" if operands.first().is_some_and(|tag| tag.is_name("OC")) => {
                    return unsupported("layers");
                }
                _ if PAINTS_NOTHING.contains(&word) => {}
                _ => return unsupported("an operator that no page has"),
            }
        }
    }

    /// Notes what is seen besides a picture.
    fn paint(&mut self, state: &State, place: Rectangle, feature: &'static str) {
        if !place.common(state.clip).is_empty() {
            self.beside.get_or_insert(feature);
        }
    }

    fn paint_path(&mut self, word: &[u8], path: &Path, state: &State) {
        let Some(around) = path.around() else { return };
        match word {
            b"n" => {}
            // White paper that is painted white.
            b"f" | b"F" | b"f*"
                if state.fill == Fill::White && self.shown.is_none() && self.beside.is_none() => {}
            b"f" | b"F" | b"f*" => self.paint(state, around, "areas of colour"),
            // A line is as wide as it likes, and may be seen from afar.
            _ => self.paint(state, state.clip, "lines"),
        }
    }

    fn take_parameters(
        &mut self,
        operands: &[Object],
        resources: &mut Resources,
        state: &mut State,
    ) -> Result<(), DecodeError> {
        let [Object::Name(name)] = operands else { return Err(CORRUPT) };
        let parameters = resources.state(name, self.objects)?;
        let mut get = |name| self.objects.get(&parameters, name);
        let is = |value: &Object, names: &[&str]| names.iter().any(|name| value.is_name(name));
        // What is not said stays as it is; what is said may be more than was said before.
        let mut opaque = None;
        match get("ca")? {
            Object::Null => {}
            opacity => opaque = Some(opacity.number() == Some(1.0)),
        }
        for (name, plain) in [
            ("SMask", &["None"][..]),
            ("BM", &["Normal", "Compatible"]),
            ("TR", &["Identity", "Default"]),
            ("TR2", &["Identity", "Default"]),
        ] {
            match get(name)? {
                Object::Null => {}
                value => opaque = Some(opaque.unwrap_or(true) && is(&value, plain)),
            }
        }
        // One that is not opaque stays so: which of its parameters was undone is not kept.
        state.is_opaque &= opaque.unwrap_or(true);
        Ok(())
    }

    fn take_colour(
        &mut self,
        word: &[u8],
        operands: &[Object],
        resources: &mut Resources,
        state: &mut State,
    ) -> Result<(), DecodeError> {
        if word == b"cs" {
            let [space @ Object::Name(_)] = operands else { return Err(CORRUPT) };
            let colours = resources.colours(self.objects)?;
            state.space = match Space::of(space, &colours, self.objects)? {
                Space::Palette(_) => Space::Other("a palette"),
                space => space,
            };
            state.fill = match &state.space {
                Space::Grey | Space::Rgb => Fill::Black,
                _ => Fill::Other,
            };
            return Ok(());
        }
        if matches!((word, &state.space), (b"sc" | b"scn", Space::Other(_))) {
            state.fill = Fill::Other;
            return Ok(());
        }
        let values = operands.iter().map(Object::number).collect::<Option<Vec<_>>>();
        let values = values.filter(|values| !values.is_empty()).ok_or(CORRUPT)?;
        let all = |is: fn(f64) -> bool| values.iter().all(|value| is(*value));
        let (none, full) = (all(|value| value <= 0.0), all(|value| value >= 1.0));
        let is_ink = word == b"k";
        let has_full_black = matches!(values.as_slice(), [_, _, _, black] if *black >= 1.0);
        state.fill = match (is_ink, none, full) {
            (false, true, _) => Fill::Black,
            (false, _, true) => Fill::White,
            (true, true, _) => Fill::White,
            (true, ..) if has_full_black => Fill::Black,
            _ => Fill::Other,
        };
        Ok(())
    }

    fn draw(
        &mut self,
        operands: &[Object],
        resources: &mut Resources,
        state: &State,
        forms: usize,
    ) -> Result<(), DecodeError> {
        let [Object::Name(name)] = operands else { return Err(CORRUPT) };
        let drawn = resources.drawn(name, self.objects)?;
        let stream = self.objects.stream(&drawn)?;
        if stream.dictionary.contains("OC") {
            return unsupported("layers");
        }
        let kind = self.objects.get(&stream.dictionary, "Subtype")?;
        if kind.is_name("Image") {
            return self.draw_picture(stream, resources, state);
        }
        if !kind.is_name("Form") || stream.dictionary.contains("Ref") {
            return unsupported("something drawn that is neither a picture nor a form");
        }
        if forms == MAX_FORMS {
            return unsupported("forms nested more than 8 deep");
        }
        let mut within = state.clone();
        if stream.dictionary.contains("Matrix") {
            let matrix = Matrix(numbers(stream.dictionary.get("Matrix"), self.objects)?);
            within.matrix = matrix.then(state.matrix);
        }
        let frame = rectangle(stream.dictionary.get("BBox"), self.objects)?.ok_or(CORRUPT)?;
        let mut path = Path::default();
        let size = [frame.right - frame.left, frame.top - frame.bottom];
        path.rectangle([frame.left, frame.bottom, size[0], size[1]], within.matrix);
        within.cut_to(&path);
        let own = match stream.dictionary.get("Resources") {
            Object::Null => resources.clone(),
            own => Resources::of(own, self.objects)?,
        };
        let operators = self.objects.unpacked(&stream)?;
        self.follow(&operators, own, within, forms + 1)
    }

    fn draw_picture(
        &mut self,
        stream: Stream<'a>,
        resources: &mut Resources,
        state: &State,
    ) -> Result<(), DecodeError> {
        if !state.matrix.is_finite() {
            return Err(CORRUPT);
        }
        let place = state.matrix.unit_square();
        if state.matrix.is_flat() || place.common(state.clip).is_empty() {
            return Ok(());
        }
        let dictionary = &stream.dictionary;
        let is_stencil = self.objects.get(dictionary, "ImageMask")? == Object::Bool(true);
        let is_plain = state.is_opaque && !dictionary.contains("SMask");
        let feature = if !is_plain || dictionary.contains("Mask") {
            Some("a picture with transparency")
        } else if state.is_cut_to_shape {
            Some("a picture that is cut to a shape")
        } else if is_stencil && state.fill != Fill::Black {
            Some("a stencil that is painted in a colour")
        } else {
            None
        };
        if let Some(feature) = feature {
            self.beside.get_or_insert(feature);
            return Ok(());
        }
        let covers = place.common(state.clip).covers(self.visible);
        if covers && !is_stencil {
            // Nothing below is seen.
            (self.shown, self.beside) = (None, None);
        }
        if self.shown.is_some() {
            self.beside.get_or_insert("more than one picture on a page");
            return Ok(());
        }
        let colours = resources.colours(self.objects)?;
        self.shown = Some(Shown { stream, colours, matrix: state.matrix, seen: state.clip });
        Ok(())
    }
}

impl State {
    fn cut_to(&mut self, path: &Path) {
        match (path.as_rectangle(), path.around()) {
            (Some(rectangle), _) => self.clip = self.clip.common(rectangle),
            (None, around) => {
                self.is_cut_to_shape = true;
                self.clip = around.map_or(self.clip, |around| self.clip.common(around));
            }
        }
    }
}

/// Operators that put nothing on the page, and change nothing of what is looked at here.
const PAINTS_NOTHING: [&[u8]; 36] = [
    b"w", b"J", b"j", b"M", b"d", b"ri", b"i", b"G", b"RG", b"K", b"CS", b"SC", b"SCN", b"BT",
    b"ET", b"Tc", b"Tw", b"Tz", b"TL", b"Tf", b"Ts", b"Td", b"TD", b"Tm", b"T*", b"Tj", b"TJ",
    b"'", b"\"", b"BMC", b"BDC", b"EMC", b"MP", b"DP", b"BX", b"EX",
];

fn has_text(operand: &Object) -> bool {
    match operand {
        Object::Text(text) => !text.is_empty(),
        Object::Array(parts) => parts.iter().any(has_text),
        _ => false,
    }
}

fn floats<const N: usize>(operands: &[Object]) -> Result<[f64; N], DecodeError> {
    let operands = <&[Object; N]>::try_from(operands).map_err(|_| CORRUPT)?;
    let mut numbers = [0.0; N];
    for (number, operand) in numbers.iter_mut().zip(operands) {
        *number = operand.number().ok_or(CORRUPT)?;
    }
    Ok(numbers)
}

fn pair([x, y]: [f64; 2]) -> (f64, f64) {
    (x, y)
}

fn pairs(operands: &[Object]) -> Result<Vec<(f64, f64)>, DecodeError> {
    let numbers = operands.iter().map(Object::number).collect::<Option<Vec<_>>>().ok_or(CORRUPT)?;
    match numbers.len() {
        4 | 6 => Ok(numbers.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()),
        _ => Err(CORRUPT),
    }
}
