/* Pooling. */
#include "layers/pool.h"
#include "model/layer_sizes.h"

enum { MAX_WINDOW = 1 << 15, MAX_SIZE = 1 << 24 };

/* SIZE [stride] [pad] of any pooling. */
static neural_status read_window(neural_layer_call *call, neural_pool_options *o) {
    *o = (neural_pool_options){.dilation = {1, 1}};
    NEURAL_TRY(neural_layer_pair(call, 0, "size", 0, 1, MAX_WINDOW, o->window));
    NEURAL_TRY(neural_layer_pair(call, 1, "stride", 1, 1, MAX_SIZE, o->stride));
    return neural_layer_pair(call, 2, "pad", 1, 0, MAX_WINDOW, o->pad);
}

/* The number of sides in the end of the word: "maxpool2d". */
static int sides_of(const neural_layer_call *call) {
    const char *at = call->word;
    while (*at && *at != '1') {
        at++;
    }
    return *at ? 1 : 2;
}

typedef neural_status create_pool(const neural_pool_options *options, neural_layer **out);

static neural_status build(neural_layer_call *call, const neural_layer_site *site,
                           const neural_pool_options *options, create_pool *image,
                           create_pool *line, neural_layer **out) {
    const int sides = sides_of(call);
    NEURAL_TRY(neural_layer_call_finish(call));
    NEURAL_TRY(neural_layer_site_image(site, call, sides));
    return neural_layer_call_name(call, (sides == 2 ? image : line)(options, out));
}

neural_status neural_build_maxpool(neural_layer_call *call, neural_layer_site *site,
                                   neural_layer **out) {
    neural_pool_options o;
    NEURAL_TRY(read_window(call, &o));
    NEURAL_TRY(neural_layer_pair(call, 3, "dilation", 1, 1, MAX_WINDOW, o.dilation));
    NEURAL_TRY(neural_layer_bool(call, 4, "ceil", &o.ceil_mode));
    return build(call, site, &o, neural_max_pool2d_create, neural_max_pool1d_create, out);
}

neural_status neural_build_avgpool(neural_layer_call *call, neural_layer_site *site,
                                   neural_layer **out) {
    neural_pool_options o;
    int count_pad = 1;
    NEURAL_TRY(read_window(call, &o));
    NEURAL_TRY(neural_layer_bool(call, 3, "ceil", &o.ceil_mode));
    NEURAL_TRY(neural_layer_bool(call, 4, "count_pad", &count_pad));
    o.count_exclude_pad = !count_pad;
    return build(call, site, &o, neural_avg_pool2d_create, neural_avg_pool1d_create, out);
}

neural_status neural_build_global_avgpool(neural_layer_call *call, neural_layer_site *site,
                                          neural_layer **out) {
    NEURAL_TRY(neural_layer_call_finish(call));
    NEURAL_TRY(neural_layer_site_image(site, call, 2));
    return neural_layer_call_name(call, neural_adaptive_avg_pool2d_create(1, 1, out));
}

neural_status neural_build_adaptive_avgpool(neural_layer_call *call, neural_layer_site *site,
                                            neural_layer **out) {
    int64_t size[2];
    NEURAL_TRY(neural_layer_pair(call, 0, "size", 0, 1, MAX_WINDOW, size));
    NEURAL_TRY(neural_layer_call_finish(call));
    NEURAL_TRY(neural_layer_site_image(site, call, 2));
    return neural_layer_call_name(call, neural_adaptive_avg_pool2d_create(size[0], size[1], out));
}
