// Attention of the decoder's tokens to the pages they look at: each of a page's keys and values is read once for all
// tokens of the page, up to eight.
//
// A block eight tokens of a page and head. It goes over the page in tiles of as many states as it has threads, and
// weighs what it has so far anew where a greater score turns up. The spans come with the launch's parameters.
#include "common.cuh"

#define MOST_SPANS 64
#define QUERIES 8
#define THREADS 256

struct Page {
    // (heads, head_dim, states) and (heads, states, head_dim), contiguous.
    const float *keys;
    const float *values;
    // The first token in the batch that looks at it, and how many there are.
    int first;
    int tokens;
    int states;
    int unused;
};

struct Pages {
    Page of[MOST_SPANS];
};
static_assert(sizeof(Pages) == 2048, "as the launch lays it out");

// `query` and `attended` are (tokens, heads * head_dim); head_dim is at most the number of threads. Shared memory:
// QUERIES * (head_dim + THREADS + 3) numbers.
extern "C" __global__ void __launch_bounds__(THREADS)
    attend_to_pages(float *attended, const float *query, int heads, int head_dim, float scaling,
                    const __grid_constant__ Pages pages) {
    SHARED_FLOATS(shared);
    // Four queries side by side are read at once.
    float4 *wanted = (float4 *)shared;
    float4 *weights = wanted + head_dim * QUERIES / 4;
    float *greatest = (float *)(weights + THREADS * QUERIES / 4);
    float *sums = greatest + QUERIES;
    float *shrunk = sums + QUERIES;

    const Page page = pages.of[blockIdx.x];
    const int head = blockIdx.y;
    const int first = blockIdx.z * QUERIES;
    if (first >= page.tokens) {
        return;
    }
    const int queries = min(QUERIES, page.tokens - first);
    const size_t width = (size_t)heads * head_dim;
    const size_t start = (page.first + first) * width + (size_t)head * head_dim;
    const float *keys = page.keys + (size_t)head * head_dim * page.states;
    const float *values = page.values + (size_t)head * head_dim * page.states;

    for (int number = threadIdx.x; number < QUERIES * head_dim; number += THREADS) {
        const int of = number / QUERIES, which = number % QUERIES;
        ((float *)wanted)[number] = which < queries ? query[start + which * width + of] * scaling : 0;
    }
    if (threadIdx.x < QUERIES) {
        greatest[threadIdx.x] = LOWEST;
        sums[threadIdx.x] = 0;
    }
    __syncthreads();

    // In the second half a thread is one number of the result, of every `groups`-th state.
    const int groups = THREADS / head_dim;
    const int group = threadIdx.x / head_dim, of = threadIdx.x % head_dim;
    float result[QUERIES];
    for (int which = 0; which < QUERIES; which++) {
        result[which] = 0;
    }
    for (int tile = 0; tile < page.states; tile += THREADS) {
        const int states = min(THREADS, page.states - tile);
        float4 low = {0, 0, 0, 0}, high = {0, 0, 0, 0};
        if (threadIdx.x < states) {
            for (int at = 0; at < head_dim; at++) {
                const float key = keys[(size_t)at * page.states + tile + threadIdx.x];
                const float4 left = wanted[2 * at], right = wanted[2 * at + 1];
                low.x += left.x * key;
                low.y += left.y * key;
                low.z += left.z * key;
                low.w += left.w * key;
                high.x += right.x * key;
                high.y += right.y * key;
                high.z += right.z * key;
                high.w += right.w * key;
            }
        }
        weights[2 * threadIdx.x] = low;
        weights[2 * threadIdx.x + 1] = high;
        __syncthreads();
        {
            // A warp a query.
            const int which = threadIdx.x / WARP, lane = threadIdx.x % WARP;
            float *scores = (float *)weights + which;
            float highest = LOWEST;
            for (int state = lane; state < states; state += WARP) {
                highest = fmaxf(highest, scores[state * QUERIES]);
            }
            const float before = greatest[which];
            highest = fmaxf(before, warp_max(highest));
            float sum = 0;
            for (int state = lane; state < states; state += WARP) {
                const float weight = expf(scores[state * QUERIES] - highest);
                scores[state * QUERIES] = weight;
                sum += weight;
            }
            sum = warp_sum(sum);
            if (lane == 0) {
                shrunk[which] = expf(before - highest);
                sums[which] = sums[which] * shrunk[which] + sum;
                greatest[which] = highest;
            }
        }
        __syncthreads();
        if (group < groups) {
            for (int which = 0; which < QUERIES; which++) {
                result[which] *= shrunk[which];
            }
            for (int state = group; state < states; state += groups) {
                const float value = values[(size_t)(tile + state) * head_dim + of];
                const float4 left = weights[2 * state], right = weights[2 * state + 1];
                result[0] += left.x * value;
                result[1] += left.y * value;
                result[2] += left.z * value;
                result[3] += left.w * value;
                result[4] += right.x * value;
                result[5] += right.y * value;
                result[6] += right.z * value;
                result[7] += right.w * value;
            }
        }
        // The next tile's scores go where these weights are read.
        __syncthreads();
    }
    float *parts = (float *)weights;
    for (int which = 0; which < QUERIES; which++) {
        parts[which * THREADS + threadIdx.x] = result[which];
    }
    __syncthreads();
    for (int number = threadIdx.x; number < queries * head_dim; number += THREADS) {
        const int which = number / head_dim, at = number % head_dim;
        float sum = 0;
        for (int part = 0; part < groups; part++) {
            sum += parts[which * THREADS + part * head_dim + at];
        }
        attended[start + which * width + at] = sum / sums[which];
    }
}
