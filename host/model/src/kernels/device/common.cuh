// What the kernels share. Compiled by nvcc, and by g++ with a stand-in for the GPU (tests/simt/simt.h).
#pragma once

#ifdef DOSSIER_SIMT
#include "simt.h"
#else
#include <cuda_bf16.h>
#include <cuda_fp16.h>
// Shared memory whose size the launch tells, poisoned before each block where a stand-in runs it.
#define SHARED_FLOATS(name) extern __shared__ __align__(16) float name[]
#endif

#define WARP 32
#define ALL_LANES 0xffffffffu
#define LOWEST (-3.402823466e38f)

__device__ __forceinline__ float widen(float value) { return value; }
__device__ __forceinline__ float widen(__half value) { return __half2float(value); }
__device__ __forceinline__ float widen(__nv_bfloat16 value) { return __bfloat162float(value); }

// The sum over a warp, in all its lanes.
__device__ __forceinline__ float warp_sum(float value) {
    for (int lane = WARP / 2; lane > 0; lane /= 2) {
        value += __shfl_xor_sync(ALL_LANES, value, lane);
    }
    return value;
}

__device__ __forceinline__ float warp_max(float value) {
    for (int lane = WARP / 2; lane > 0; lane /= 2) {
        value = fmaxf(value, __shfl_xor_sync(ALL_LANES, value, lane));
    }
    return value;
}

// The sum over a block of whole warps, in all its threads. `partial` has room for a number a warp.
__device__ __forceinline__ float block_sum(float value, float *partial) {
    value = warp_sum(value);
    // Whoever reads what stood there before has done so.
    __syncthreads();
    if (threadIdx.x % WARP == 0) {
        partial[threadIdx.x / WARP] = value;
    }
    __syncthreads();
    value = 0;
    for (int warp = 0; warp < blockDim.x / WARP; warp++) {
        value += partial[warp];
    }
    return value;
}
