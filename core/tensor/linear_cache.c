#include "core/tensor/linear_cache.h"

#include <pthread.h>

#include "core/asm/kernel_table.h"
#include "core/tensor/gemm_prepacked.h"
#include "core/tensor/storage.h"

/* Beyond so many rows the plain product runs at nearly the same speed, beyond more where the rows
 * of the weight share sets of L1; below this size a call's own cost counts for more. */
static const int64_t MAX_ROWS = 8, MAX_COLLIDING_ROWS = 14, MIN_BYTES = 4096;

/* A packed weight, kept by the cache and by every product under way. */
typedef struct copy {
    int refs; /* __atomic builtins only */
    neural_gemm_packed *packed;
} copy;

struct neural_linear_cache {
    pthread_mutex_t lock;
    neural_tensor *source; /* an alias of the weight last seen: its address cannot be reused */
    uint32_t version;      /* of its elements then */
    const neural_kernel_table *kernels;
    copy *copy; /* NULL until the second product */
};

static void copy_release(copy *held) {
    if (held && __atomic_sub_fetch(&held->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        neural_gemm_packed_destroy(held->packed);
        neural_free(held);
    }
}

static neural_status copy_create(const neural_tensor *weight, copy **out) {
    const neural_gemm_args args = {
        .trans_b = 1,
        .n = weight->shape.dim[0],
        .k = weight->shape.dim[1],
        .b = weight->data,
        .ldb = weight->shape.dim[1],
    };
    copy *made = neural_alloc_zeroed(sizeof(*made));
    NEURAL_REQUIRE(made, NEURAL_ERR_OUT_OF_MEMORY, "linear: out of memory");
    const neural_status status = weight->dtype == NEURAL_DTYPE_F32
                                     ? neural_gemm_packed_create_f32(&args, &made->packed)
                                     : neural_gemm_packed_create_f64(&args, &made->packed);
    if (status) {
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
    copy_release(cache->copy);
    neural_tensor_release(cache->source);
    cache->copy = NULL;
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
    const int64_t bytes = cache->copy ? neural_gemm_packed_bytes(cache->copy->packed) : 0;
    pthread_mutex_unlock(&cache->lock);
    return bytes;
}

static int is_known(const neural_linear_cache *cache, const neural_tensor *weight) {
    const neural_tensor *source = cache->source;
    return source && source->data == weight->data && source->version == weight->version &&
           cache->version == neural_tensor_version(weight) && cache->kernels == neural_kernels();
}

/* Under the lock. A weight that is new is remembered; only one that comes again is copied. */
static neural_status find(neural_linear_cache *cache, const neural_tensor *weight) {
    if (!is_known(cache, weight)) {
        forget(cache);
        neural_tensor *source;
        NEURAL_TRY(neural_tensor_alias(weight, &weight->shape, weight->strides, 0, &source));
        __atomic_store_n(&cache->source, source, __ATOMIC_RELAXED);
        cache->version = neural_tensor_version(weight);
        cache->kernels = neural_kernels();
        return NEURAL_OK;
    }
    return cache->copy ? NEURAL_OK : copy_create(weight, &cache->copy);
}

static neural_status copy_retain(neural_linear_cache *cache, const neural_tensor *weight,
                                 copy **out) {
    pthread_mutex_lock(&cache->lock);
    const neural_status status = find(cache, weight);
    copy *const held = status ? NULL : cache->copy;
    if (held) {
        __atomic_add_fetch(&held->refs, 1, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&cache->lock);
    *out = held;
    return status;
}

static int pays(const neural_tensor *x, const neural_tensor *weight) {
    const int64_t fan_in = weight->shape.ndim == 2 ? weight->shape.dim[1] : 0;
    const int collides = fan_in * neural_dtype_bytes(weight->dtype) % 4096 == 0;
    return fan_in > 0 && neural_dtype_is_float(weight->dtype) && x->dtype == weight->dtype &&
           x->contiguous && weight->contiguous && x->shape.ndim >= 1 &&
           x->shape.dim[x->shape.ndim - 1] == fan_in && x->len > 0 &&
           x->len <= (collides ? MAX_COLLIDING_ROWS : MAX_ROWS) * fan_in &&
           neural_tensor_bytes(weight) >= MIN_BYTES;
}

static int bias_fits(const neural_tensor *bias, const neural_tensor *weight) {
    return !bias || (bias->dtype == weight->dtype && bias->contiguous && bias->shape.ndim == 1 &&
                     bias->len == weight->shape.dim[0]);
}

static neural_status multiply(const copy *held, const neural_tensor *x, const neural_tensor *weight,
                              const neural_tensor *bias, int relu, neural_tensor **out) {
    const int64_t fan_out = weight->shape.dim[0], fan_in = weight->shape.dim[1];
    neural_shape shape = x->shape;
    shape.dim[shape.ndim - 1] = fan_out;
    neural_tensor *y;
    NEURAL_TRY(neural_tensor_like_shape(&shape, x->dtype, &y));
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
    const neural_status status = neural_gemm_packed_run(held->packed, &args);
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
    if (!pays(x, weight) || !bias_fits(bias, weight)) {
        return NEURAL_OK;
    }
    copy *held;
    NEURAL_TRY(copy_retain(cache, weight, &held));
    if (!held) {
        return NEURAL_OK;
    }
    const neural_status status = multiply(held, x, weight, bias, relu, out);
    copy_release(held);
    return status;
}
