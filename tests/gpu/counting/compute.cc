// What the counting driver computes where DOSSIER_COMPUTES is set, so that the launches of our own kernels are tested with
// what they launch: these kernels, by the stand-in for a GPU (host/model/tests/simt); the products of cuBLAS, number by
// number; and candle's casts to narrow types.
#include "common.cuh"

#include "add_layer_norm.cu"
#include "low_rank.cu"
#include "page_attention.cu"
#include "past_attention.cu"
#include "weigh_logits.cu"

#include <map>
#include <mutex>
#include <utility>

// As a driver does: each argument has the type that the kernel says.
template <typename... Types, size_t... Places>
static void call(void (*kernel)(Types...), void **arguments, std::index_sequence<Places...>) {
    kernel(*(Types *)arguments[Places]...);
}

template <typename... Types>
static std::function<void(void **)> called(void (*kernel)(Types...)) {
    return [kernel](void **arguments) { call(kernel, arguments, std::index_sequence_for<Types...>()); };
}

#define KERNEL(name) {#name, called(name)}
static const std::map<std::string, std::function<void(void **)>> kernels = {
    KERNEL(add_layer_norm),        KERNEL(append_and_attend),      KERNEL(attend_to_pages),       KERNEL(weigh_logits),
    KERNEL(finish_affine_f32_f32), KERNEL(finish_affine_f32_f16),  KERNEL(finish_affine_f32_bf16), KERNEL(finish_affine_f16_f32),
    KERNEL(finish_affine_f16_f16), KERNEL(finish_affine_f16_bf16), KERNEL(finish_affine_bf16_f32), KERNEL(finish_affine_bf16_f16),
    KERNEL(finish_affine_bf16_bf16),
};

template <typename T>
static void cast(void **arguments) {
    // (numel, num_dims, info, inp, out), contiguous where `info` is null.
    const size_t numbers = *(size_t *)arguments[0];
    if (*(void **)arguments[2]) {
        simt::fail("a cast of what is not contiguous");
    }
    const float *from = *(const float **)arguments[3];
    T *to = *(T **)arguments[4];
    for (size_t place = 0; place < numbers; place++) {
        narrow(from[place], to[place]);
    }
}

// The stand-in runs one launch at a time.
static std::mutex one_at_a_time;

extern "C" void compute_kernel(const char *name, const unsigned *grid, unsigned threads, unsigned shared_bytes, void **arguments) {
    std::lock_guard<std::mutex> alone(one_at_a_time);
    auto kernel = kernels.find(name);
    if (kernel != kernels.end()) {
        simt::launch({grid[0], grid[1], grid[2]}, threads, shared_bytes / sizeof(float), [&] { kernel->second(arguments); });
    } else if (!strcmp(name, "cast_f32_bf16")) {
        cast<__nv_bfloat16>(arguments);
    } else if (!strcmp(name, "cast_f32_f16")) {
        cast<__half>(arguments);
    }
}

// Of cuBLAS: f32, f16 and bf16, and no other.
static float read(const void *values, int type, size_t place) {
    switch (type) {
        case 0: return ((const float *)values)[place];
        case 2: return widen(((const __half *)values)[place]);
        case 14: return widen(((const __nv_bfloat16 *)values)[place]);
    }
    simt::fail("a product of another type");
}

static void write(void *values, int type, size_t place, float value) {
    switch (type) {
        case 0: return narrow(value, ((float *)values)[place]);
        case 2: return narrow(value, ((__half *)values)[place]);
        case 14: return narrow(value, ((__nv_bfloat16 *)values)[place]);
    }
    simt::fail("a product of another type");
}

// Column by column: C = op(A) op(B), alpha being 1 and beta 0, as candle asks.
extern "C" void compute_product(int a_turned, int b_turned, int m, int n, int k, const void *a, int a_type, int lda, long long a_stride,
                                const void *b, int b_type, int ldb, long long b_stride, void *c, int c_type, int ldc,
                                long long c_stride, int products) {
    for (int product = 0; product < products; product++) {
        for (int column = 0; column < n; column++) {
            for (int row = 0; row < m; row++) {
                float sum = 0;
                for (int of = 0; of < k; of++) {
                    const size_t left = a_turned ? of + (size_t)row * lda : row + (size_t)of * lda;
                    const size_t right = b_turned ? column + (size_t)of * ldb : of + (size_t)column * ldb;
                    sum += read(a, a_type, product * a_stride + left) * read(b, b_type, product * b_stride + right);
                }
                write(c, c_type, product * c_stride + row + (size_t)column * ldc, sum);
            }
        }
    }
}
