//! Has nvcc make PTX of our kernels for GPUs, with the feature `cuda` alone: without it there is nothing to do.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "cuda")]
    ptx();
}

/// Writes `ptx.rs`: the PTX of each `.cu` file, under the file's name in capitals.
#[cfg(feature = "cuda")]
fn ptx() {
    let sources = "src/kernels/device";
    println!("cargo::rerun-if-changed={sources}");
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let ptx = cudaforge::KernelBuilder::new()
        .source_dir(sources)
        .watch([format!("{sources}/common.cuh")])
        .arg("-std=c++17")
        .arg("-O3")
        .build_ptx();
    ptx.and_then(|ptx| ptx.write(out.join("ptx.rs"))).unwrap_or_else(|error| panic!("{error}"));
}
