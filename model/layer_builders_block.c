/* Layers made of blocks: residual and concat. */
#include <string.h>

#include "layers/concat.h"
#include "layers/residual.h"
#include "layers/sequential.h"
#include "model/layer_builders.h"

/* The inside says "layer 2 (conv2d): ...": it becomes "layer 3.2 (conv2d): ...", or with the
 * block's name "layer 3.shortcut.2 (conv2d): ...". */
static neural_status add_path(const neural_layer_call *call, const char *name) {
    static const char head[] = "layer ";
    const char *text = neural_last_error();
    if (strncmp(text, head, sizeof head - 1) != 0) {
        return neural_error_prefix("layer %d.%s", call->number, name);
    }
    return neural_error(neural_last_error_code(), "%s%d.%s%s", head, call->number, name,
                        text + sizeof head - 1);
}

/* The layers of block i as a chain, on the site's shape, which stays as it is. */
static neural_status build_chain(neural_layer_call *call, int i, neural_layer_site *site,
                                 neural_layer *chain) {
    neural_layer_line line = neural_layer_block_line(call, i);
    neural_layer *last = NULL;
    const neural_shape shape = site->shape;
    site->depth++;
    neural_status status = neural_layer_line_build(&line, site, chain, &last);
    site->depth--;
    site->shape = shape;
    if (!status) {
        status = neural_sequential_add(chain, last);
        last = status ? last : NULL;
    }
    neural_layer_destroy(last);
    return status;
}

/* `name` ends with a point, or is empty. */
static neural_status build_block(neural_layer_call *call, int i, const char *name,
                                 neural_layer_site *site, neural_layer **out) {
    NEURAL_REQUIRE(site->depth < NEURAL_LAYER_MAX_DEPTH, NEURAL_ERR_INVALID_CONFIG,
                   "layer %d (%.40s): more than %d blocks in one another", call->number, call->word,
                   NEURAL_LAYER_MAX_DEPTH);
    neural_layer *chain = NULL;
    NEURAL_TRY(neural_sequential_create(&chain));
    const neural_status status = build_chain(call, i, site, chain);
    if (status) {
        neural_layer_destroy(chain);
        return status == NEURAL_ERR_OUT_OF_MEMORY ? status : add_path(call, name);
    }
    *out = chain;
    return NEURAL_OK;
}

neural_status neural_build_residual(neural_layer_call *call, neural_layer_site *site,
                                    neural_layer **out) {
    neural_layer *branch = NULL, *shortcut = NULL;
    NEURAL_TRY(neural_layer_blocks(call, 1, 2));
    neural_status status = build_block(call, 0, "", site, &branch);
    if (!status && call->blocks > 1) {
        status = build_block(call, 1, "shortcut.", site, &shortcut);
    }
    if (!status) {
        status = neural_layer_call_finish(call);
    }
    if (!status) {
        status = neural_layer_call_name(call, neural_residual_create(branch, shortcut, out));
    }
    if (status) {
        neural_layer_destroy(branch);
        neural_layer_destroy(shortcut);
    }
    return status;
}

neural_status neural_build_concat(neural_layer_call *call, neural_layer_site *site,
                                  neural_layer **out) {
    neural_layer *block[NEURAL_LAYER_BLOCKS] = {NULL};
    NEURAL_TRY(neural_layer_blocks(call, 1, NEURAL_LAYER_BLOCKS));
    neural_status status = NEURAL_OK;
    for (int i = 0; i < call->blocks && !status; i++) {
        const char name[] = {(char)('1' + i), '.', '\0'};
        status = build_block(call, i, name, site, &block[i]);
    }
    if (!status) {
        status = neural_layer_call_finish(call);
    }
    if (!status) {
        status = neural_layer_call_name(call, neural_concat_create(block, call->blocks, out));
    }
    for (int i = 0; i < call->blocks && status; i++) {
        neural_layer_destroy(block[i]);
    }
    return status;
}
