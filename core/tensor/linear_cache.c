#include "core/tensor/linear_cache.h"

#include <pthread.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/gemm_prepacked.h"
#include "core/tensor/sparse.h"
#include "core/tensor/storage.h"

/* Beyond so many rows the plain product runs at nearly the same speed, beyond more where the rows
 * of the weight share sets of L1; below this size a call's own cost counts for more. */
static const int64_t MAX_ROWS = 8, MAX_COLLIDING_ROWS = 14, MIN_BYTES = 4096;

/* In place of a number of rows: the sparse copy, whether or not it pays in y = x W^T. */
enum { OTHER_PRODUCT = 0 };

/* A weight in another order, packed or sparse, kept by the cache and by every product under way. */
struct neural_linear_copy {
    int refs; /* __atomic builtins only */
    neural_gemm_packed *packed;
    neural_sparse *sparse;
};

typedef neural_linear_copy copy;

struct neural_linear_cache {
    pthread_mutex_t lock;
    neural_tensor *source; /* an alias of the weight last seen: its address cannot be reused */
    uint32_t version;      /* of its elements then */
    const neural_kernel_table *kernels;
    copy *packed;   /* NULL until the second product */
    copy *sparse;   /* NULL where there are few zeros, */
    int is_scanned; /* which the second product finds out */
};

const neural_sparse *neural_linear_copy_sparse(const neural_linear_copy *held) {
    return held->sparse;
}

void neural_linear_copy_release(neural_linear_copy *held) {
    if (held && __atomic_sub_fetch(&held->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        neural_gemm_packed_destroy(held->packed);
        neural_sparse_destroy(held->sparse);
        neural_free(held);
    }
}

static neural_status pack(const neural_tensor *weight, copy *into) {
    const neural_gemm_args args = {
        .trans_b = 1,
        .n = weight->shape.dim[0],
        .k = weight->shape.dim[1],
        .b = weight->data,
        .ldb = weight->shape.dim[1],
    };
    return weight->dtype == NEURAL_DTYPE_F32 ? neural_gemm_packed_create_f32(&args, &into->packed)
                                             : neural_gemm_packed_create_f64(&args, &into->packed);
}

/* into->sparse stays NULL for a weight with few zeros. */
static neural_status thin(const neural_tensor *weight, copy *into) {
    const int64_t fan_out = weight->shape.dim[0], fan_in = weight->len / fan_out;
    return neural_sparse_create(neural_kernels(), weight->dtype, weight->data, fan_out, fan_in,
                                neural_sparse_most_blocks(fan_out, fan_in), &into->sparse);
}

typedef neural_status copy_fill(const neural_tensor *weight, copy *into);

static neural_status copy_create(const neural_tensor *weight, copy_fill *fill, copy **out) {
    copy *made = neural_alloc_zeroed(sizeof(*made));
    NEURAL_REQUIRE(made, NEURAL_ERR_OUT_OF_MEMORY, "linear: out of memory");
    const neural_status status = fill(weight, made);
    if (status || (!made->packed && !made->sparse)) {
        neural_free(made);
        return status;
    }
    made->refs = 1;
    *out = made;
    return NEURAL_OK;
}

neural_status neural_linear_cache_create(neural_linear_cache **out) {
    neural_linear_cache *cache = neural_alloc_zeroed(sizeof(*cache));
    NEURAL_REQUIRE(cache, NEURAL_ERR_OUT_OF_MEMORY, "linear: out of memory");
    pthread_mutex_init(&cache->lock, NULL);
    *out = cache;
    return NEURAL_OK;
}

static void forget(neural_linear_cache *cache) {
    neural_linear_copy_release(cache->packed);
    neural_linear_copy_release(cache->sparse);
    neural_tensor_release(cache->source);
    cache->packed = cache->sparse = NULL;
    cache->is_scanned = 0;
    __atomic_store_n(&cache->source, NULL, __ATOMIC_RELAXED);
}

void neural_linear_cache_destroy(neural_linear_cache *cache) {
    if (cache) {
        forget(cache);
        pthread_mutex_destroy(&cache->lock);
        neural_free(cache);
    }
}

void neural_linear_cache_clear(neural_linear_cache *cache) {
    if (!__atomic_load_n(&cache->source, __ATOMIC_RELAXED)) {
        return; /* every step of training comes by */
    }
    pthread_mutex_lock(&cache->lock);
    forget(cache);
    pthread_mutex_unlock(&cache->lock);
}

int64_t neural_linear_cache_bytes(neural_linear_cache *cache) {
    pthread_mutex_lock(&cache->lock);
    int64_t bytes = cache->packed ? neural_gemm_packed_bytes(cache->packed->packed) : 0;
    bytes += cache->sparse ? neural_sparse_bytes(cache->sparse->sparse) : 0;
    pthread_mutex_unlock(&cache->lock);
    return bytes;
}

static int is_known(const neural_linear_cache *cache, const neural_tensor *weight) {
    const neural_tensor *source = cache->source;
    return source && source->data == weight->data && source->version == weight->version &&
           cache->version == neural_tensor_version(weight) && cache->kernels == neural_kernels();
}

static neural_status remember(neural_linear_cache *cache, const neural_tensor *weight) {
    neural_tensor *source;
    forget(cache);
    NEURAL_TRY(neural_tensor_alias(weight, &weight->shape, weight->strides, 0, &source));
    __atomic_store_n(&cache->source, source, __ATOMIC_RELAXED);
    cache->version = neural_tensor_version(weight);
    cache->kernels = neural_kernels();
    return NEURAL_OK;
}

/* Beyond so many rows the dense product needs no copy. */
static int packing_pays(int64_t rows, const neural_tensor *weight) {
    const int collides = weight->shape.dim[1] * neural_dtype_bytes(weight->dtype) % 4096 == 0;
    return rows <= (collides ? MAX_COLLIDING_ROWS : MAX_ROWS);
}

static int sparse_pays(const neural_linear_cache *cache, int64_t rows) {
    return cache->sparse && neural_sparse_pays(cache->sparse->sparse, rows);
}

/* Under the lock: becomes acquainted with the weight. *copies says whether it may be copied: at its
 * second product, or at once for a product whose bits could not stay the same else. */
static neural_status look(neural_linear_cache *cache, const neural_tensor *weight, int at_once,
                          int *copies) {
    const int known = is_known(cache, weight);
    *copies = known || at_once;
    if (!known) {
        NEURAL_TRY(remember(cache, weight));
    }
    if (*copies && !cache->is_scanned) {
        NEURAL_TRY(copy_create(weight, thin, &cache->sparse));
        cache->is_scanned = 1;
    }
    return NEURAL_OK;
}

/* Under the lock: the copy for so many rows of x, or NULL. */
static neural_status find(neural_linear_cache *cache, const neural_tensor *weight, int64_t rows,
                          copy **out) {
    int copies;
    NEURAL_TRY(look(cache, weight, rows == OTHER_PRODUCT, &copies));
    if (copies && (rows == OTHER_PRODUCT || sparse_pays(cache, rows))) {
        *out = cache->sparse;
    } else if (copies && packing_pays(rows, weight)) {
        NEURAL_TRY(cache->packed ? NEURAL_OK : copy_create(weight, pack, &cache->packed));
        *out = cache->packed;
    }
    return NEURAL_OK;
}

static neural_status copy_retain(neural_linear_cache *cache, const neural_tensor *weight,
                                 int64_t rows, copy **out) {
    copy *held = NULL;
    pthread_mutex_lock(&cache->lock);
    const neural_status status = find(cache, weight, rows, &held);
    if (held) {
        __atomic_add_fetch(&held->refs, 1, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&cache->lock);
    *out = held;
    return status;
}

neural_status neural_linear_cache_hold_sparse(neural_linear_cache *cache,
                                              const neural_tensor *weight,
                                              neural_linear_copy **out) {
    *out = NULL;
    if (!neural_dtype_is_float(weight->dtype) || !weight->contiguous || weight->shape.ndim < 2 ||
        neural_tensor_bytes(weight) < MIN_BYTES) {
        return NEURAL_OK;
    }
    return copy_retain(cache, weight, OTHER_PRODUCT, out);
}

static int fits(const neural_tensor *x, const neural_tensor *weight) {
    const int64_t fan_in = weight->shape.ndim == 2 ? weight->shape.dim[1] : 0;
    return fan_in > 0 && neural_dtype_is_float(weight->dtype) && x->dtype == weight->dtype &&
           x->contiguous && weight->contiguous && x->shape.ndim >= 1 &&
           x->shape.dim[x->shape.ndim - 1] == fan_in && x->len > 0 &&
           neural_tensor_bytes(weight) >= MIN_BYTES;
}

static int bias_fits(const neural_tensor *bias, const neural_tensor *weight) {
    return !bias || (bias->dtype == weight->dtype && bias->contiguous && bias->shape.ndim == 1 &&
                     bias->len == weight->shape.dim[0]);
}

static neural_status multiply_sparse(const copy *held, const neural_tensor *x,
                                     const neural_tensor *bias, int relu, neural_tensor *y) {
    const neural_sparse_args args = {.rows = x->len / x->shape.dim[x->shape.ndim - 1],
                                     .x = x->data,
                                     .bias = bias ? bias->data : NULL,
                                     .y = y->data,
                                     .relu = relu};
    return neural_sparse_multiply(held->sparse, &args);
}

static neural_status multiply_packed(const copy *held, const neural_tensor *x,
                                     const neural_tensor *bias, int relu, neural_tensor *y) {
    const int64_t fan_in = x->shape.dim[x->shape.ndim - 1];
    const int64_t fan_out = y->shape.dim[y->shape.ndim - 1];
    const neural_gemm_args args = {
        .m = x->len / fan_in,
        .n = fan_out,
        .k = fan_in,
        .alpha = 1,
        .a = x->data,
        .lda = fan_in,
        .c = y->data,
        .ldc = fan_out,
        .bias_kind = bias ? NEURAL_GEMM_BIAS_PER_COLUMN : NEURAL_GEMM_BIAS_NONE,
        .bias = bias ? bias->data : NULL,
        .activation = relu ? NEURAL_GEMM_ACTIVATION_RELU : NEURAL_GEMM_ACTIVATION_NONE,
    };
    return neural_gemm_packed_run(held->packed, &args);
}

static neural_status multiply(const copy *held, const neural_tensor *x, const neural_tensor *weight,
                              const neural_tensor *bias, int relu, neural_tensor **out) {
    neural_shape shape = x->shape;
    shape.dim[shape.ndim - 1] = weight->shape.dim[0];
    neural_tensor *y;
    NEURAL_TRY(neural_tensor_like_shape(&shape, x->dtype, &y));
    const neural_status status =
        (held->sparse ? multiply_sparse : multiply_packed)(held, x, bias, relu, y);
    if (status) {
        neural_tensor_release(y);
        return status;
    }
    *out = y;
    return NEURAL_OK;
}

neural_status neural_linear_cache_multiply(neural_linear_cache *cache, const neural_tensor *x,
                                           const neural_tensor *weight, const neural_tensor *bias,
                                           int relu, neural_tensor **out) {
    *out = NULL;
    if (!fits(x, weight) || !bias_fits(bias, weight)) {
        return NEURAL_OK;
    }
    copy *held;
    NEURAL_TRY(copy_retain(cache, weight, x->len / weight->shape.dim[1], &held));
    if (!held) {
        return NEURAL_OK;
    }
    const neural_status status = multiply(held, x, weight, bias, relu, out);
    neural_linear_copy_release(held);
    return status;
}
