// What a constraint needs of a row of logits: those of the columns that some row may choose, the greatest of all, and
// the sum of the exponentials of all less the greatest. Reads the logits once.
//
// A block a row.
#include "common.cuh"

// `logits` is (rows, vocabulary), `columns` (chosen), `out` (rows, chosen + 2). Shared memory: two numbers a warp.
extern "C" __global__ void __launch_bounds__(512)
    weigh_logits(float *out, const float *logits, const unsigned *columns, int vocabulary, int chosen) {
    SHARED_FLOATS(shared);
    float *maxima = shared;
    float *sums = shared + blockDim.x / WARP;
    const float *row = logits + (size_t)blockIdx.x * vocabulary;
    out += (size_t)blockIdx.x * (chosen + 2);
    float greatest = LOWEST, sum = 0;
    for (int column = threadIdx.x; column < vocabulary; column += blockDim.x) {
        const float logit = row[column];
        if (logit > greatest) {
            sum = sum * expf(greatest - logit) + 1;
            greatest = logit;
        } else {
            // Not finite stays not finite, for the host to see.
            sum += expf(logit - greatest);
        }
    }
    const float of_warp = warp_max(greatest);
    sum = warp_sum(sum * expf(greatest - of_warp));
    if (threadIdx.x % WARP == 0) {
        maxima[threadIdx.x / WARP] = of_warp;
        sums[threadIdx.x / WARP] = sum;
    }
    __syncthreads();
    greatest = LOWEST;
    for (int warp = 0; warp < blockDim.x / WARP; warp++) {
        greatest = fmaxf(greatest, maxima[warp]);
    }
    sum = 0;
    for (int warp = 0; warp < blockDim.x / WARP; warp++) {
        sum += sums[warp] * expf(maxima[warp] - greatest);
    }
    for (int which = threadIdx.x; which < chosen; which += blockDim.x) {
        out[which] = row[columns[which]];
    }
    if (threadIdx.x == 0) {
        out[chosen] = greatest;
        out[chosen + 1] = sum;
    }
}
