/* The convolution kernels: products of an image that is read in place, element by element or run by
 * run, through tables of offsets. No panel of the image is packed.
 *
 * conv_pixels, outputs along a row in the lanes, each weight broadcast:
 *     dst[f*dst_plane + piece.dst + j] = sum over k of
 *         weight[f*depth + k] * src[piece.src + taps[k] + j]        j < piece.len
 * conv_filters, filters in the lanes, each element of the image broadcast:
 *     dst[i*dst_row + j] = sum over k of src[rows[i] + taps[k]] * weight[k*weight_row + j]
 * With the tables the other way round, taps as rows and pixels as taps, the latter is the gradient
 * of the weights.
 *
 * All offsets and distances are in elements. Each element is one chain in increasing k, with
 * `flags`, starting values, bias and relu as in core/asm/gemm_kernel.h: the bits are those of a
 * product by its tiles. A piece is 64 bytes of lanes, 16 f32 or 8 f64. */
#ifndef CORE_ASM_CONV_KERNEL_H_
#define CORE_ASM_CONV_KERNEL_H_

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { NEURAL_CONV_PIECE_BYTES = 64 };

/* Neighbouring outputs of one row; the assembly knows these offsets. */
typedef struct neural_conv_piece {
    int64_t src, dst; /* of the first one */
    int64_t len;      /* 1 ... what a piece holds */
} neural_conv_piece;

/* Flags: NEURAL_GEMM_START_C, NEURAL_GEMM_ADD_ROW, NEURAL_GEMM_RELU. A piece of src is read whole,
 * whatever its len; no byte of dst beyond a len is read or written. */
typedef struct neural_conv_pixels_args {
    const void *src;                 /*  0 */
    const int64_t *taps;             /*  8 */
    int64_t depth;                   /* 16: how many taps */
    const void *weight;              /* 24: [filters, depth] */
    int64_t filters;                 /* 32 */
    void *dst;                       /* 40 */
    int64_t dst_plane;               /* 48: from one filter's outputs to the next one's */
    const neural_conv_piece *pieces; /* 56 */
    int64_t count;                   /* 64: how many */
    const void *bias;                /* 72: of each filter */
    int64_t flags;                   /* 80 */
} neural_conv_pixels_args;

/* Flags: NEURAL_GEMM_START_C, NEURAL_GEMM_ADD_COLUMN, NEURAL_GEMM_RELU. The rows of weight and dst
 * and the bias are read and written in whole pieces, the last one beyond `filters`. */
typedef struct neural_conv_filters_args {
    const void *src;     /*  0 */
    const int64_t *rows; /*  8 */
    int64_t count;       /* 16: how many rows */
    const int64_t *taps; /* 24 */
    int64_t depth;       /* 32: how many taps */
    const void *weight;  /* 40: [depth, filters], rows weight_row apart */
    int64_t weight_row;  /* 48 */
    int64_t filters;     /* 56 */
    void *dst;           /* 64: [count, filters], rows dst_row apart */
    int64_t dst_row;     /* 72: whole pieces at least */
    const void *bias;    /* 80 */
    int64_t flags;       /* 88 */
} neural_conv_filters_args;

/* --- planes: one channel under one filter, outputs or their gradients along a row in the lanes ---
 *
 * Tap (p, q) of output (i, j) is src[(i*stride + p)*src_row + columns[q] + j].
 * conv_plane:
 *     dst[i*dst_row + j] = sum over p, q of weight[p*kernel_w + q] * tap, one chain as above
 * conv_plane_grad, with 64 bytes of lanes, lane l for the columns j = l modulo lanes:
 *     sums[(p*kernel_w + q)*lanes + l] = sum over those j, over i within, of dy[i*dy_row + j] * tap
 * The rest of a vector of lanes is read from src behind the last column, 60 bytes at most; of dst
 * and dy no byte beyond cols is touched. In the gradient what lies there adds nothing, NaN or not.
 */
typedef struct neural_conv_plane_args {
    const void *src;        /*  0 */
    int64_t src_row;        /*  8 */
    const int64_t *columns; /* 16 */
    const void *weight;     /* 24 */
    int64_t kernel_h;       /* 32 */
    int64_t kernel_w;       /* 40 */
    int64_t stride;         /* 48 */
    void *dst;              /* 56 */
    int64_t dst_row;        /* 64 */
    int64_t rows;           /* 72 */
    int64_t cols;           /* 80 */
    const void *bias;       /* 88: one element */
    int64_t flags;          /* 96: NEURAL_GEMM_START_C, NEURAL_GEMM_ADD_ROW, NEURAL_GEMM_RELU */
} neural_conv_plane_args;

typedef struct neural_conv_plane_grad_args {
    const void *src;        /*  0 */
    int64_t src_row;        /*  8 */
    const int64_t *columns; /* 16 */
    void *sums;             /* 24: [kernel_h * kernel_w, lanes] */
    int64_t kernel_h;       /* 32 */
    int64_t kernel_w;       /* 40 */
    int64_t stride;         /* 48 */
    const void *dy;         /* 56 */
    int64_t dy_row;         /* 64 */
    int64_t rows;           /* 72 */
    int64_t cols;           /* 80 */
    const void *reserved;   /* 88 */
    int64_t flags;          /* 96: NEURAL_GEMM_START_C */
} neural_conv_plane_grad_args;

/* Rows of an image to where the planes read them, and back.
 * conv_take: dst[r*dst_row + j] = src[r*src_row + j]; or, with `odd`, dst gets the elements with
 *     even j, odd the others, side by side. Behind each row of dst and odd less than 64 bytes of
 *     zeros may follow, row after row.
 * conv_give: dst[r*dst_row + 2j] = even[r*src_row + j], 2j + 1 from odd, with NEURAL_GEMM_START_C
 *     added to what is there; sources are read up to 60 bytes too far. */
typedef struct neural_conv_take_args {
    const void *src; /*  0 */
    int64_t src_row; /*  8 */
    void *dst;       /* 16 */
    void *odd;       /* 24: or NULL */
    int64_t dst_row; /* 32 */
    int64_t rows;    /* 40 */
    int64_t len;     /* 48: of a row of src */
} neural_conv_take_args;

typedef struct neural_conv_give_args {
    const void *even; /*  0 */
    const void *odd;  /*  8 */
    int64_t src_row;  /* 16 */
    void *dst;        /* 24 */
    int64_t dst_row;  /* 32 */
    int64_t rows;     /* 40 */
    int64_t len;      /* 48: of a row of dst */
    int64_t flags;    /* 56 */
} neural_conv_give_args;

typedef void neural_conv_plane_f32(const neural_conv_plane_args *args);
typedef void neural_conv_plane_f64(const neural_conv_plane_args *args);
typedef void neural_conv_plane_grad_f32(const neural_conv_plane_grad_args *args);
typedef void neural_conv_plane_grad_f64(const neural_conv_plane_grad_args *args);
typedef void neural_conv_take_f32(const neural_conv_take_args *args);
typedef void neural_conv_take_f64(const neural_conv_take_args *args);
typedef void neural_conv_give_f32(const neural_conv_give_args *args);
typedef void neural_conv_give_f64(const neural_conv_give_args *args);
typedef void neural_conv_pixels_f32(const neural_conv_pixels_args *args);
typedef void neural_conv_pixels_f64(const neural_conv_pixels_args *args);
typedef void neural_conv_filters_f32(const neural_conv_filters_args *args);
typedef void neural_conv_filters_f64(const neural_conv_filters_args *args);

#ifdef __cplusplus
}
#endif

#endif /* CORE_ASM_CONV_KERNEL_H_ */
