//! Which numbers fail which check, and what is said of them.

use super::*;

fn good() -> Measured {
    let quality = Quality {
        blur: Some(0.0006),
        white: None,
        lightness: [90, 180, 220],
        longer_side: 900.0,
        cut_off: 0.0,
    };
    Measured { picture: 0, quality, pixels: 900.0, white_at: None }
}

fn failing(pages: &[Measured]) -> Vec<(String, String)> {
    let failed = checks(pages).into_iter().filter(|check| check.outcome == CheckOutcome::Failed);
    failed.map(|check| (check.code, check.message)).collect()
}

#[test]
fn a_good_photograph_passes_every_check() {
    let checks = checks(&[good(), Measured { picture: 1, ..good() }]);
    assert_eq!(checks.len(), 5);
    assert!(checks.iter().all(|check| check.outcome == CheckOutcome::Passed));
}

#[test]
fn each_fault_fails_its_own_check_and_says_what_to_do() {
    type Spoil = fn(&mut Measured);
    let spoilt: [(&str, &str, Spoil); 6] = [
        ("image.resolution", "240 pixels", |page| page.quality.longer_side = 240.0),
        ("image.cut_off", "8 %", |page| page.quality.cut_off = 0.08),
        ("image.exposure", "more light", |page| page.quality.lightness = [9, 20, 40]),
        ("image.exposure", "less light", |page| page.quality.lightness = [240, 255, 255]),
        ("image.blur", "hold still", |page| page.quality.blur = Some(0.003)),
        ("image.glare", "around 70, 80", |page| {
            let middle = Point { x: 7.0, y: 8.0 };
            page.quality.white = Some(WhitePatch { share: 0.04, middle });
            page.white_at = Some(Point { x: 70.0, y: 80.0 });
        }),
    ];
    for (code, says, spoil) in spoilt {
        let mut page = Measured { picture: 1, ..good() };
        spoil(&mut page);
        let failed = failing(&[good(), page]);
        assert_eq!(failed.len(), 1, "{code}: {failed:?}");
        assert_eq!(failed[0].0, code);
        let message = &failed[0].1;
        assert!(message.starts_with("picture 2: ") && message.contains(says), "{message}");
    }
}

#[test]
fn white_paper_is_no_reflection_and_few_pixels_are_no_blur() {
    let mut paper = good();
    let middle = Point { x: 7.0, y: 8.0 };
    paper.quality.white = Some(WhitePatch { share: 0.6, middle });
    paper.white_at = Some(middle);
    assert_eq!(failing(&[paper]), []);
    let mut small = good();
    (small.pixels, small.quality.longer_side, small.quality.blur) = (280.0, 280.0, Some(0.0018));
    assert_eq!(failing(&[small]), []);
}

#[test]
fn what_can_t_be_measured_is_not_performed() {
    let mut blank = good();
    blank.quality.blur = None;
    let checks = checks(&[blank]);
    let blur = checks.iter().find(|check| check.code == "image.blur").expect("a check");
    assert_eq!(blur.outcome, CheckOutcome::NotPerformed);
    assert!(
        checks
            .iter()
            .filter(|check| check.code != "image.blur")
            .all(|check| check.outcome == CheckOutcome::Passed)
    );
}
