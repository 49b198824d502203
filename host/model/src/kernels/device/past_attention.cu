// Writes the keys and values of new tokens into the cache, and attends each token to its row's past, itself included.
//
// A block a row and head: what it appends, nobody else reads. The spans come with the launch's parameters.
#include "common.cuh"

#define MOST_ROWS 128

struct Past {
    int slot;
    // The row's first new token in the batch, and how many there are.
    int first;
    int tokens;
    // Tokens of the row before these.
    int past;
};

struct Pasts {
    Past of[MOST_ROWS];
};
static_assert(sizeof(Pasts) == 2048, "as the launch lays it out");

// `query`, `new_keys`, `new_values` and `attended` are (tokens, heads * head_dim); the caches (slots, heads, capacity,
// head_dim). Shared memory: head_dim numbers, and as many as the longest row has tokens.
extern "C" __global__ void __launch_bounds__(128)
    append_and_attend(float *attended, const float *query, const float *new_keys, const float *new_values, float *keys,
                      float *values, int heads, int capacity, int head_dim, float scaling,
                      const __grid_constant__ Pasts pasts) {
    SHARED_FLOATS(shared);
    float *wanted = shared;
    float *scores = shared + head_dim;
    const Past row = pasts.of[blockIdx.x];
    const int head = blockIdx.y;
    const size_t width = (size_t)heads * head_dim;
    const size_t start = ((size_t)row.slot * heads + head) * capacity * head_dim;
    keys += start;
    values += start;
    for (int number = threadIdx.x; number < row.tokens * head_dim; number += blockDim.x) {
        const int token = number / head_dim, of = number % head_dim;
        const size_t from = (row.first + token) * width + (size_t)head * head_dim + of;
        const size_t to = (size_t)(row.past + token) * head_dim + of;
        keys[to] = new_keys[from];
        values[to] = new_values[from];
    }
    for (int token = 0; token < row.tokens; token++) {
        const size_t place = (row.first + token) * width + (size_t)head * head_dim;
        const int seen = row.past + token + 1;
        for (int of = threadIdx.x; of < head_dim; of += blockDim.x) {
            wanted[of] = query[place + of] * scaling;
        }
        // What was appended is there, too; and whoever reads the last token's scores has done so.
        __syncthreads();
        for (int key = threadIdx.x / WARP; key < seen; key += blockDim.x / WARP) {
            float sum = 0;
            for (int of = threadIdx.x % WARP; of < head_dim; of += WARP) {
                sum += wanted[of] * keys[(size_t)key * head_dim + of];
            }
            sum = warp_sum(sum);
            if (threadIdx.x % WARP == 0) {
                scores[key] = sum;
            }
        }
        __syncthreads();
        // A past is short: each thread weighs all of it, which no other has to wait for.
        float greatest = LOWEST;
        for (int key = 0; key < seen; key++) {
            greatest = fmaxf(greatest, scores[key]);
        }
        for (int of = threadIdx.x; of < head_dim; of += blockDim.x) {
            float sum = 0, weights = 0;
            for (int key = 0; key < seen; key++) {
                const float weight = expf(scores[key] - greatest);
                weights += weight;
                sum += weight * values[(size_t)key * head_dim + of];
            }
            attended[place + of] = sum / weights;
        }
    }
}
