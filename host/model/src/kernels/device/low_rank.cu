// What stands behind a product with a weight: the bias, and the adapters' products of low rank, for all rows of a
// batch in one launch, whatever adapters and ranks are mixed.
//
// A block a row: `out = y + bias + (x a^T) b_t`, the parenthesis kept in shared memory. The segments come with the
// launch's parameters, so that nothing is uploaded.
#include "common.cuh"

#define MOST_SEGMENTS 64

struct LowRankSegment {
    // (rank, in_features) and (rank, out_features), contiguous.
    const void *a;
    const void *b_t;
    // Rows of the launch, [first, end).
    int first;
    int end;
    int rank;
    int unused;
};

struct LowRankSegments {
    LowRankSegment of[MOST_SEGMENTS];
    int count;
    int unused;
};
static_assert(sizeof(LowRankSegments) == 2056, "as the launch lays it out");

// `y` is (rows, out_features), and `out` too; they may be the same. `bias` may be null. `x` is (rows, in_features).
// Shared memory: in_features numbers, and as many as the highest rank.
template <typename Y, typename W>
__device__ __forceinline__ void finish_affine(float *out, const Y *y, const float *bias, const float *x,
                                              int in_features, int out_features, const LowRankSegments &segments) {
    SHARED_FLOATS(shared);
    float *row = shared;
    float *inner = shared + in_features;
    const size_t number = blockIdx.x;
    int which = 0;
    while (which < segments.count && segments.of[which].end <= (int)number) {
        which++;
    }
    const bool changed = which < segments.count && segments.of[which].first <= (int)number;
    const int rank = changed ? segments.of[which].rank : 0;
    const W *a = changed ? (const W *)segments.of[which].a : nullptr;
    const W *b_t = changed ? (const W *)segments.of[which].b_t : nullptr;
    if (rank > 0) {
        for (int in = threadIdx.x; in < in_features; in += blockDim.x) {
            row[in] = x[number * in_features + in];
        }
        __syncthreads();
        for (int of = threadIdx.x / WARP; of < rank; of += blockDim.x / WARP) {
            float sum = 0;
            for (int in = threadIdx.x % WARP; in < in_features; in += WARP) {
                sum += row[in] * widen(a[(size_t)of * in_features + in]);
            }
            sum = warp_sum(sum);
            if (threadIdx.x % WARP == 0) {
                inner[of] = sum;
            }
        }
        __syncthreads();
    }
    for (int o = threadIdx.x; o < out_features; o += blockDim.x) {
        float value = widen(y[number * out_features + o]);
        if (bias) {
            value += bias[o];
        }
        for (int of = 0; of < rank; of++) {
            value += inner[of] * widen(b_t[(size_t)of * out_features + o]);
        }
        out[number * out_features + o] = value;
    }
}

#define FINISH_AFFINE(name, Y, W)                                                                                   \
    extern "C" __global__ void __launch_bounds__(256)                                                                 \
        name(float *out, const Y *y, const float *bias, const float *x, int in_features, int out_features,            \
             const __grid_constant__ LowRankSegments segments) {                                                      \
        finish_affine<Y, W>(out, y, bias, x, in_features, out_features, segments);                                    \
    }

FINISH_AFFINE(finish_affine_f32_f32, float, float)
FINISH_AFFINE(finish_affine_f32_f16, float, __half)
FINISH_AFFINE(finish_affine_f32_bf16, float, __nv_bfloat16)
FINISH_AFFINE(finish_affine_f16_f32, __half, float)
FINISH_AFFINE(finish_affine_f16_f16, __half, __half)
FINISH_AFFINE(finish_affine_f16_bf16, __half, __nv_bfloat16)
FINISH_AFFINE(finish_affine_bf16_f32, __nv_bfloat16, float)
FINISH_AFFINE(finish_affine_bf16_f16, __nv_bfloat16, __half)
FINISH_AFFINE(finish_affine_bf16_bf16, __nv_bfloat16, __nv_bfloat16)
