//! The curve of latency against the number of hosts.

use std::path::Path;

use plotters::prelude::*;

use super::Plan;
use crate::workload::WorkloadError;

/// Draws 99 in 100 with a host lost, against the number of hosts, and what is wanted, as SVG.
pub(super) fn latency_by_hosts(
    path: &Path,
    plan: &Plan,
    wanted_ms: f64,
) -> Result<(), WorkloadError> {
    let points = plan.by_hosts.iter().map(|(hosts, ms)| (*hosts as f64, ms.max(1.0)));
    let points = points.collect::<Vec<_>>();
    let (first, last) = match (points.first(), points.last()) {
        (Some(first), Some(last)) if first.0 < last.0 => (first.0, last.0),
        (Some(first), _) => (first.0 - 1.0, first.0 + 1.0),
        _ => (0.0, 1.0),
    };
    let slowest = points.iter().map(|(_, ms)| *ms).fold(wanted_ms, f64::max);
    let draw = || -> Result<(), Box<dyn std::error::Error>> {
        let area = SVGBackend::new(path, (720, 400)).into_drawing_area();
        area.fill(&WHITE)?;
        let caption = format!("{} documents a second, a host lost", plan.documents_per_s);
        let mut chart = ChartBuilder::on(&area)
            .caption(caption, ("sans-serif", 18))
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(70)
            .build_cartesian_2d(first..last, (1.0..slowest * 1.5).log_scale())?;
        chart
            .configure_mesh()
            .x_desc("hosts")
            .y_desc("99 of 100 within, ms")
            .x_label_formatter(&|hosts| format!("{hosts:.0}"))
            .y_label_formatter(&|ms| format!("{ms:.0}"))
            .draw()?;
        chart.draw_series(LineSeries::new([(first, wanted_ms), (last, wanted_ms)], &RED))?;
        chart.draw_series(LineSeries::new(points.clone(), &BLUE))?;
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, BLUE.filled())))?;
        area.present()?;
        Ok(())
    };
    draw().map_err(|error| WorkloadError::Plot(error.to_string()))
}
