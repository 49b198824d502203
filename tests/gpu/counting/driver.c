// A stand-in for libcuda, libcublas and libcurand that computes nothing and counts what is asked of it: launches,
// products, copies, allocations, synchronisations. Device memory is the host's. What it was never asked to write is
// 1.0 everywhere, so that what comes back is finite; the one kernel that it always computes is candle's `affine_f32`, for
// the host refuses a device that can't add up. Where DOSSIER_COMPUTES is set, it computes what our own kernels and the
// products do, too (compute.cc). Whatever else is called is an error, which names it (`unknown.c`).
//
// The counts stand in the file that DOSSIER_COUNTS names, for the process to read while it runs: entries of 64 bytes,
// a name of up to 55 and a number of 8 in the machine's order.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, INVALID_DEVICE = 101, ENTRIES = 1024 };

#define MEMORY ((size_t)141 << 30)

struct entry {
    char name[56];
    uint64_t count;
};

static struct entry *entries;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// compute.cc
void compute_kernel(const char *name, const unsigned *grid, unsigned threads, unsigned shared_bytes, void **arguments);
void compute_product(int a_turned, int b_turned, int m, int n, int k, const void *a, int a_type, int lda, long long a_stride, const void *b,
                     int b_type, int ldb, long long b_stride, void *c, int c_type, int ldc, long long c_stride, int products);
static int computes;

static void fail(const char *what) {
    fprintf(stderr, "the counting driver: %s\n", what);
    abort();
}

__attribute__((constructor)) static void begin(void) {
    static struct entry unread[ENTRIES];
    const char *path = getenv("DOSSIER_COUNTS");
    entries = unread;
    computes = getenv("DOSSIER_COMPUTES") != NULL;
    if (!path) {
        return;
    }
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ftruncate(file, sizeof unread)) {
        fail("the file that DOSSIER_COUNTS names can't be written");
    }
    entries = mmap(NULL, sizeof unread, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (entries == MAP_FAILED) {
        fail("the file that DOSSIER_COUNTS names can't be mapped");
    }
    close(file);
}

static void count(const char *kind, const char *name, uint64_t by) {
    char full[56];
    snprintf(full, sizeof full, "%s%s", kind, name);
    pthread_mutex_lock(&lock);
    for (int place = 0; place < ENTRIES; place++) {
        struct entry *entry = &entries[place];
        if (!entry->name[0]) {
            strcpy(entry->name, full);
        }
        if (!strcmp(entry->name, full)) {
            entry->count += by;
            pthread_mutex_unlock(&lock);
            return;
        }
    }
    fail("more names than there is room for");
}

typedef uint64_t address;
typedef void *handle;

// What may be used as a handle: any address of our own.
static char something[1];

static int give(handle *to) {
    *to = something;
    return SUCCESS;
}

static int counted(const char *name) {
    count(name, "", 1);
    return SUCCESS;
}

int cuInit(unsigned) { return SUCCESS; }
int cuGetErrorName(int, const char **name) {
    *name = "an error of the counting driver";
    return SUCCESS;
}
int cuGetErrorString(int, const char **text) {
    *text = "";
    return SUCCESS;
}

int cuDeviceGetCount(int *devices) {
    *devices = 1;
    return SUCCESS;
}
int cuDeviceGet(int *device, int ordinal) {
    *device = ordinal;
    return ordinal ? INVALID_DEVICE : SUCCESS;
}
int cuDeviceTotalMem_v2(size_t *bytes, int) {
    *bytes = MEMORY;
    return SUCCESS;
}
int cuMemGetInfo_v2(size_t *free, size_t *total) {
    *free = *total = MEMORY;
    return SUCCESS;
}
// Memory pools, and whatever else is asked for, are there.
int cuDeviceGetAttribute(int *value, int, int) {
    *value = 1;
    return SUCCESS;
}
int cuDeviceGetMemPool(handle *pool, int) { return give(pool); }
int cuMemPoolSetAttribute(handle, int, void *) { return SUCCESS; }

int cuDevicePrimaryCtxRetain(handle *context, int) { return give(context); }
int cuDevicePrimaryCtxRelease_v2(int) { return SUCCESS; }
int cuCtxSetCurrent(handle) { return SUCCESS; }
int cuCtxGetCurrent(handle *context) { return give(context); }
int cuCtxSynchronize(void) { return counted("synchronisation"); }

int cuStreamCreate(handle *stream, unsigned) { return give(stream); }
int cuStreamDestroy_v2(handle) { return SUCCESS; }
int cuStreamSynchronize(handle) { return counted("synchronisation"); }
int cuStreamWaitEvent(handle, handle, unsigned) { return counted("wait"); }

int cuEventCreate(handle *event, unsigned) {
    count("event", "", 1);
    return give(event);
}
int cuEventDestroy_v2(handle) { return SUCCESS; }
int cuEventRecord(handle, handle) { return counted("record"); }
int cuEventQuery(handle) { return SUCCESS; }
int cuEventSynchronize(handle) { return counted("synchronisation"); }

static int allocate(void **memory, size_t bytes) {
    size_t numbers = bytes / sizeof(float) + 1;
    float *values = malloc(numbers * sizeof(float));
    if (!values) {
        return OUT_OF_MEMORY;
    }
    for (size_t place = 0; place < numbers; place++) {
        values[place] = 1;
    }
    *memory = values;
    return SUCCESS;
}

int cuMemAllocAsync(address *memory, size_t bytes, handle) {
    count("allocation", "", 1);
    // As `cuMemAlloc` answers, and what nobody should rely on here.
    return bytes ? allocate((void **)memory, bytes) : INVALID_VALUE;
}
int cuMemFreeAsync(address memory, handle) {
    free((void *)memory);
    return SUCCESS;
}
int cuMemHostAlloc(void **memory, size_t bytes, unsigned) { return allocate(memory, bytes); }
int cuMemFreeHost(void *memory) {
    free(memory);
    return SUCCESS;
}

static int copy(const char *kind, void *to, const void *from, size_t bytes) {
    count(kind, "", 1);
    count(kind, " bytes", bytes);
    memmove(to, from, bytes);
    return SUCCESS;
}
int cuMemcpyHtoDAsync_v2(address to, const void *from, size_t bytes, handle) {
    return copy("upload", (void *)to, from, bytes);
}
int cuMemcpyDtoHAsync_v2(void *to, address from, size_t bytes, handle) {
    return copy("download", to, (void *)from, bytes);
}
int cuMemcpyDtoDAsync_v2(address to, address from, size_t bytes, handle) {
    return copy("copy", (void *)to, (void *)from, bytes);
}
int cuMemsetD8Async(address to, unsigned char value, size_t bytes, handle) {
    count("fill", "", 1);
    memset((void *)to, value, bytes);
    return SUCCESS;
}

// A function is its name.
int cuModuleLoadData(handle *module, const void *) { return give(module); }
int cuModuleUnload(handle) { return SUCCESS; }
int cuModuleGetFunction(handle *function, handle, const char *name) {
    count("look-up", "", 1);
    // Kept for the process: there are a few hundred names, and many look-ups.
    static char *names[ENTRIES];
    pthread_mutex_lock(&lock);
    int place = 0;
    while (place < ENTRIES && names[place] && strcmp(names[place], name)) {
        place++;
    }
    if (place == ENTRIES) {
        fail("more kernels than there is room for");
    }
    if (!names[place]) {
        names[place] = strdup(name);
    }
    *function = names[place];
    pthread_mutex_unlock(&lock);
    return SUCCESS;
}

int cuLaunchKernel(handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                   unsigned block_z, unsigned shared_bytes, handle, void **arguments, void **) {
    const char *name = function;
    // What every GPU from compute capability 8.0 on takes without being asked for more.
    int grid_fits = grid_x && grid_x <= INT32_MAX && grid_y && grid_y <= 65535 && grid_z && grid_z <= 65535;
    uint64_t threads = (uint64_t)block_x * block_y * block_z;
    if (!grid_fits || !threads || threads > 1024 || block_z > 64 || shared_bytes > 48 << 10) {
        fprintf(stderr, "the counting driver: %s asks for (%u, %u, %u) blocks of (%u, %u, %u) threads and %u bytes\n", name,
                grid_x, grid_y, grid_z, block_x, block_y, block_z, shared_bytes);
        return INVALID_VALUE;
    }
    count("kernel ", name, 1);
    if (!strcmp(name, "affine_f32")) {
        // (numel, num_dims, info, inp, out, mul, add), contiguous where `info` is null.
        size_t numbers = *(size_t *)arguments[0];
        const float *from = *(const float **)arguments[3];
        float *to = *(float **)arguments[4];
        float factor = *(float *)arguments[5], addend = *(float *)arguments[6];
        for (size_t place = 0; place < numbers && !*(void **)arguments[2]; place++) {
            to[place] = (from ? from : to)[place] * factor + addend;
        }
    }
    if (computes) {
        const unsigned grid[] = {grid_x, grid_y, grid_z};
        compute_kernel(name, grid, block_x, shared_bytes, arguments);
    }
    return SUCCESS;
}

int cublasCreate_v2(handle *blas) { return give(blas); }
int cublasDestroy_v2(handle) { return SUCCESS; }
int cublasSetStream_v2(handle, handle) { return SUCCESS; }
int cublasGemmStridedBatchedEx(handle, int a_turned, int b_turned, int m, int n, int k, const void *, const void *a, int a_type, int lda,
                               long long a_stride, const void *b, int b_type, int ldb, long long b_stride, const void *, void *c,
                               int c_type, int ldc, long long c_stride, int products, int, int) {
    if (computes) {
        compute_product(a_turned, b_turned, m, n, k, a, a_type, lda, a_stride, b, b_type, ldb, b_stride, c, c_type, ldc, c_stride, products);
    }
    return counted("product");
}

int curandCreateGenerator(handle *generator, int) { return give(generator); }
int curandDestroyGenerator(handle) { return SUCCESS; }
int curandSetStream(handle, handle) { return SUCCESS; }
int curandSetPseudoRandomGeneratorSeed(handle, unsigned long long) { return SUCCESS; }
