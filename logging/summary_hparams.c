#include "logging/summary_writer_type.h"

/* The tags and the plugin that the HPARAMS page looks for. */
#define EXPERIMENT_TAG "_hparams_/experiment"
#define START_TAG "_hparams_/session_start_info"
#define END_TAG "_hparams_/session_end_info"
#define PLUGIN "hparams"

/* One call: where to, and the memory of its messages. */
typedef struct hparams_call {
    neural_summary_writer *writer;
    neural_event_file *file;
    neural_arena *arena;
    int64_t step;
} hparams_call;

/* What the caller gave, checked. */
typedef struct hparams_given {
    const neural_hparam *hparams;
    int64_t hparam_count;
    const char *const *metrics;
    const double *values;
    int64_t metric_count;
} hparams_given;

static neural_status write_data(hparams_call *call, const char *tag,
                                const Neural__HParamsPluginData *data) {
    summary_plugin plugin;
    Neural__Summary__Value value = NEURAL__SUMMARY__VALUE__INIT, *list = &value;
    value.tag = (char *)(uintptr_t)tag;
    summary_use_plugin(&plugin, PLUGIN, &value);
    NEURAL_TRY(summary_pack(call->arena, &data->base, &plugin.data.content));
    return summary_add_values(call->writer, call->file, &list, 1, call->step);
}

/* --- the experiment: what is varied, what is measured --- */

static neural_status fill_infos(neural_arena *arena, const hparams_given *given,
                                Neural__HParamInfo *info, Neural__MetricInfo *metric,
                                Neural__MetricInfo__MetricName *name) {
    static const Neural__HParamInfo__DataType types[] = {NEURAL__HPARAM_INFO__DATA_TYPE__FLOAT64,
                                                         NEURAL__HPARAM_INFO__DATA_TYPE__STRING,
                                                         NEURAL__HPARAM_INFO__DATA_TYPE__BOOL};
    for (int64_t i = 0; i < given->hparam_count; i++) {
        info[i] = (Neural__HParamInfo)NEURAL__HPARAM_INFO__INIT;
        info[i].name = summary_text(arena, given->hparams[i].name);
        info[i].type = types[given->hparams[i].kind];
        if (!info[i].name) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
    }
    for (int64_t i = 0; i < given->metric_count; i++) {
        name[i] = (Neural__MetricInfo__MetricName)NEURAL__METRIC_INFO__METRIC_NAME__INIT;
        name[i].tag = summary_text(arena, given->metrics[i]);
        metric[i] = (Neural__MetricInfo)NEURAL__METRIC_INFO__INIT;
        metric[i].name = &name[i];
        if (!name[i].tag) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
    }
    return NEURAL_OK;
}

static neural_status write_experiment(hparams_call *call, const hparams_given *given) {
    neural_arena *arena = call->arena;
    const size_t hparams = (size_t)given->hparam_count, metrics = (size_t)given->metric_count;
    Neural__HParamInfo *info = neural_arena_alloc(arena, hparams * sizeof *info);
    Neural__MetricInfo *metric = neural_arena_alloc(arena, metrics * sizeof *metric);
    Neural__MetricInfo__MetricName *name = neural_arena_alloc(arena, metrics * sizeof *name);
    Neural__Experiment experiment = NEURAL__EXPERIMENT__INIT;
    Neural__HParamsPluginData data = NEURAL__HPARAMS_PLUGIN_DATA__INIT;
    experiment.n_hparam_infos = hparams;
    experiment.hparam_infos =
        (Neural__HParamInfo **)summary_pointers(arena, info, hparams, sizeof *info);
    experiment.n_metric_infos = metrics;
    experiment.metric_infos =
        (Neural__MetricInfo **)summary_pointers(arena, metric, metrics, sizeof *metric);
    if (!name || !experiment.hparam_infos || !experiment.metric_infos) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    NEURAL_TRY(fill_infos(arena, given, info, metric, name));
    data.data_case = NEURAL__HPARAMS_PLUGIN_DATA__DATA_EXPERIMENT;
    data.experiment = &experiment;
    return write_data(call, EXPERIMENT_TAG, &data);
}

/* --- the session: the values, start and end --- */

static neural_status fill_value(neural_arena *arena, const neural_hparam *hparam,
                                Neural__HParamValue *value) {
    *value = (Neural__HParamValue)NEURAL__HPARAM_VALUE__INIT;
    if (hparam->kind == NEURAL_HPARAM_TEXT) {
        value->kind_case = NEURAL__HPARAM_VALUE__KIND_STRING_VALUE;
        value->string_value = summary_text(arena, hparam->text);
        return value->string_value ? NEURAL_OK : NEURAL_ERR_OUT_OF_MEMORY;
    }
    if (hparam->kind == NEURAL_HPARAM_BOOL) {
        value->kind_case = NEURAL__HPARAM_VALUE__KIND_BOOL_VALUE;
        value->bool_value = hparam->number != 0;
    } else {
        value->kind_case = NEURAL__HPARAM_VALUE__KIND_NUMBER_VALUE;
        value->number_value = hparam->number;
    }
    return NEURAL_OK;
}

static neural_status write_start(hparams_call *call, const hparams_given *given) {
    neural_arena *arena = call->arena;
    const size_t count = (size_t)given->hparam_count;
    Neural__SessionStartInfo__HparamsEntry *entry =
        neural_arena_alloc(arena, count * sizeof *entry);
    Neural__HParamValue *value = neural_arena_alloc(arena, count * sizeof *value);
    Neural__SessionStartInfo start = NEURAL__SESSION_START_INFO__INIT;
    Neural__HParamsPluginData data = NEURAL__HPARAMS_PLUGIN_DATA__INIT;
    start.n_hparams = count;
    start.hparams = (Neural__SessionStartInfo__HparamsEntry **)summary_pointers(arena, entry, count,
                                                                                sizeof *entry);
    if (!value || !start.hparams) {
        return NEURAL_ERR_OUT_OF_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        entry[i] =
            (Neural__SessionStartInfo__HparamsEntry)NEURAL__SESSION_START_INFO__HPARAMS_ENTRY__INIT;
        entry[i].key = summary_text(arena, given->hparams[i].name);
        entry[i].value = &value[i];
        if (!entry[i].key) {
            return NEURAL_ERR_OUT_OF_MEMORY;
        }
        NEURAL_TRY(fill_value(arena, &given->hparams[i], &value[i]));
    }
    start.start_time_secs = summary_wall_time();
    data.data_case = NEURAL__HPARAMS_PLUGIN_DATA__DATA_SESSION_START_INFO;
    data.session_start_info = &start;
    return write_data(call, START_TAG, &data);
}

static neural_status write_end(hparams_call *call) {
    Neural__SessionEndInfo end = NEURAL__SESSION_END_INFO__INIT;
    Neural__HParamsPluginData data = NEURAL__HPARAMS_PLUGIN_DATA__INIT;
    end.status = NEURAL__SESSION_END_INFO__STATUS__SUCCESS;
    end.end_time_secs = summary_wall_time();
    data.data_case = NEURAL__HPARAMS_PLUGIN_DATA__DATA_SESSION_END_INFO;
    data.session_end_info = &end;
    return write_data(call, END_TAG, &data);
}

/* --- all together --- */

static neural_status check_given(const hparams_given *given) {
    NEURAL_REQUIRE(given->hparam_count >= 0 && given->metric_count >= 0,
                   NEURAL_ERR_INVALID_ARGUMENT, "add_hparams: counts are negative");
    NEURAL_REQUIRE((given->hparams || !given->hparam_count) &&
                       ((given->metrics && given->values) || !given->metric_count),
                   NEURAL_ERR_NULL_POINTER, "add_hparams: NULL pointer");
    for (int64_t i = 0; i < given->hparam_count; i++) {
        const neural_hparam *hparam = &given->hparams[i];
        NEURAL_REQUIRE(hparam->kind >= NEURAL_HPARAM_NUMBER && hparam->kind <= NEURAL_HPARAM_BOOL,
                       NEURAL_ERR_INVALID_ARGUMENT, "add_hparams: hparam %lld is of no known kind",
                       (long long)i);
        NEURAL_REQUIRE(hparam->name && (hparam->text || hparam->kind != NEURAL_HPARAM_TEXT),
                       NEURAL_ERR_NULL_POINTER, "add_hparams: name or text of hparam %lld is NULL",
                       (long long)i);
    }
    for (int64_t i = 0; i < given->metric_count; i++) {
        NEURAL_REQUIRE(given->metrics[i], NEURAL_ERR_NULL_POINTER,
                       "add_hparams: name of metric %lld is NULL", (long long)i);
    }
    return NEURAL_OK;
}

static neural_status write_all(hparams_call *call, const hparams_given *given) {
    NEURAL_TRY(write_experiment(call, given));
    NEURAL_TRY(write_start(call, given));
    NEURAL_TRY(write_end(call));
    for (int64_t i = 0; i < given->metric_count; i++) {
        Neural__Summary__Value scalar = summary_scalar(given->metrics[i], given->values[i]);
        Neural__Summary__Value *value = &scalar;
        NEURAL_TRY(summary_add_values(call->writer, call->file, &value, 1, call->step));
    }
    return NEURAL_OK;
}

neural_status neural_summary_writer_add_hparams(neural_summary_writer *writer, const char *run,
                                                const neural_hparam *hparams, int64_t hparam_count,
                                                const char *const *metrics, const double *values,
                                                int64_t metric_count, int64_t step) {
    const hparams_given given = {hparams, hparam_count, metrics, values, metric_count};
    hparams_call call = {writer, NULL, NULL, step};
    NEURAL_REQUIRE(writer, NEURAL_ERR_NULL_POINTER, "add_hparams: writer is NULL");
    NEURAL_TRY(check_given(&given));
    call.file = writer->file;
    if (run) {
        NEURAL_TRY(summary_open_run(writer, NULL, run, &call.file));
    }
    NEURAL_TRY(neural_arena_create(1 << 14, &call.arena));
    const neural_status status = write_all(&call, &given);
    neural_arena_destroy(call.arena);
    return status;
}
