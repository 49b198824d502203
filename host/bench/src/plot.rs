//! The curve of documents a second against the number of adapters.

use std::path::Path;

use plotters::prelude::*;

use super::WorkloadError;

/// Draws `points`, (adapters, share of the base's documents a second), as SVG.
pub(super) fn scale_curve(path: &Path, points: &[(usize, f64)]) -> Result<(), WorkloadError> {
    let most = points.iter().map(|(adapters, _)| *adapters).max().unwrap_or(1).max(2);
    let draw = || -> Result<(), Box<dyn std::error::Error>> {
        let area = SVGBackend::new(path, (720, 400)).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption("Documents a second, the base alone = 1", ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(50)
            .build_cartesian_2d((1.0..most as f64).log_scale(), 0.0..1.2)?;
        chart
            .configure_mesh()
            .x_desc("adapters in use, uniformly")
            .x_label_formatter(&|adapters| format!("{adapters:.0}"))
            .y_label_formatter(&|share| format!("{share:.1}"))
            .draw()?;
        let points = points.iter().map(|(adapters, share)| (*adapters as f64, *share));
        chart.draw_series(LineSeries::new(points.clone(), &BLUE))?;
        chart.draw_series(points.map(|point| Circle::new(point, 3, BLUE.filled())))?;
        area.present()?;
        Ok(())
    };
    draw().map_err(|error| WorkloadError::Plot(error.to_string()))
}
