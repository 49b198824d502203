// A sum, and its layer normalisation. The variance is that of what the mean was taken from: no difference of squares.
//
// A block a row, which is kept in shared memory between its three passes.
#include "common.cuh"

// `y += x`, and `normed = (y - mean) / sqrt(variance + eps) * weight + bias`, all (rows, width). Shared memory: width
// numbers, and one a warp.
extern "C" __global__ void __launch_bounds__(256)
    add_layer_norm(float *y, float *normed, const float *x, const float *weight, const float *bias, int width, float eps) {
    SHARED_FLOATS(row);
    float *partial = row + width;
    const size_t start = (size_t)blockIdx.x * width;
    // Each thread reads again what it wrote itself.
    float sum = 0;
    for (int of = threadIdx.x; of < width; of += blockDim.x) {
        row[of] = y[start + of] + x[start + of];
        y[start + of] = row[of];
        sum += row[of];
    }
    const float mean = block_sum(sum, partial) / width;
    float squares = 0;
    for (int of = threadIdx.x; of < width; of += blockDim.x) {
        squares += (row[of] - mean) * (row[of] - mean);
    }
    const float variance = block_sum(squares, partial) / width;
    const float scale = 1 / sqrtf(variance + eps);
    for (int of = threadIdx.x; of < width; of += blockDim.x) {
        normed[start + of] = (row[of] - mean) * scale * weight[of] + bias[of];
    }
}
