/* SVG 1.1, one unit per pixel, y downwards. */
#include "cli/lr_plot.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 800, HEIGHT = 480, LEFT = 80, RIGHT = 30, TOP = 50, BOTTOM = 60, TICKS = 6 };

/* What the axes show. */
typedef struct frame {
    FILE *out;
    double first, last; /* log10 of the rates at the ends */
    double low, high;   /* losses */
} frame;

static double x_of(const frame *f, double rate) {
    return LEFT + (WIDTH - LEFT - RIGHT) * (log10(rate) - f->first) / (f->last - f->first);
}

static double y_of(const frame *f, double loss) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (loss - f->low) / (f->high - f->low);
}

/* The average and the lower losses are in sight; single losses, and the point that ended a sweep
 * by its height, may leave it at the top. */
static frame frame_of(const neural_lr_curve *curve, FILE *out) {
    double low = INFINITY, high = -INFINITY;
    const neural_lr_point *point = curve->point;
    for (int64_t i = 0; i < curve->count; i++) {
        low = fmin(low, fmin(point[i].loss, point[i].smoothed));
        if (curve->end != NEURAL_LR_FIND_DIVERGED || i < curve->count - 1) {
            high = fmax(high, point[i].smoothed);
        }
    }
    const double margin = high > low ? 0.06 * (high - low) : fmax(fabs(high), 1) * 0.1;
    frame f = {.out = out, .low = low - margin, .high = high + margin};
    f.first = log10(point[0].rate);
    f.last = log10(point[curve->count - 1].rate);
    if (f.last - f.first < 0.1) { /* a single point */
        f.first -= 0.5;
        f.last += 0.5;
    }
    return f;
}

/* --- parts --- */

static void put_escaped(FILE *out, const char *text) {
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        const char *escaped = c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : NULL;
        if (escaped) {
            fputs(escaped, out);
        } else {
            fputc(c >= ' ' && c < 0x7f ? c : '?', out);
        }
    }
}

static void line(const frame *f, const char *kind, double x1, double y1, double x2, double y2) {
    fprintf(f->out, "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", kind,
            x1, y1, x2, y2);
}

static void put_head(const frame *f, const char *title) {
    fprintf(f->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
            "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"13\">\n<title>",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    put_escaped(f->out, title);
    fprintf(f->out,
            "</title>\n<style>.axis{stroke:#333} .major{stroke:#ccc} .minor{stroke:#eee}\n"
            ".loss{fill:none;stroke:#9bb8d6} .smoothed{fill:none;stroke:#1f5fa8;stroke-width:2}\n"
            ".mark{stroke:#c0392b;stroke-dasharray:5 4} .dot,.note{fill:#c0392b}</style>\n"
            "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>\n"
            "<clipPath id=\"inside\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>"
            "</clipPath>\n<text x=\"%d\" y=\"28\" font-size=\"17\" text-anchor=\"middle\">",
            WIDTH, HEIGHT, LEFT, TOP, WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, WIDTH / 2);
    put_escaped(f->out, title);
    fputs("</text>\n", f->out);
}

/* A line for 1 ... 9 times each power of ten, a text for the powers; 2 and 5, too, when the axis
 * has less than two decades. */
static void put_rate_ticks(const frame *f) {
    const int is_short = f->last - f->first < 2;
    for (int decade = (int)floor(f->first); decade <= (int)ceil(f->last); decade++) {
        for (int digit = 1; digit <= 9; digit++) {
            const double rate = digit * pow(10, decade), at = log10(rate);
            if (at < f->first - 1e-9 || at > f->last + 1e-9) {
                continue;
            }
            const double x = x_of(f, rate);
            line(f, digit == 1 ? "major" : "minor", x, TOP, x, HEIGHT - BOTTOM);
            if (digit == 1 || (is_short && (digit == 2 || digit == 5))) {
                fprintf(f->out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%de%d</text>\n",
                        x, HEIGHT - BOTTOM + 18, digit, decade);
            }
        }
    }
}

/* 1, 2 or 5 times a power of ten. */
static double tick_step(double range) {
    const double rough = range / TICKS, power = pow(10, floor(log10(rough))), part = rough / power;
    return power * (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10);
}

static void put_loss_ticks(const frame *f) {
    const double step = tick_step(f->high - f->low);
    const int64_t last = (int64_t)floor(f->high / step);
    for (int64_t k = (int64_t)ceil(f->low / step); k <= last; k++) {
        const double y = y_of(f, (double)k * step);
        line(f, "major", LEFT, y, WIDTH - RIGHT, y);
        fprintf(f->out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.5g</text>\n", LEFT - 8,
                y + 4, k * step);
    }
}

static void put_axes(const frame *f) {
    put_rate_ticks(f);
    put_loss_ticks(f);
    line(f, "axis", LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM);
    line(f, "axis", LEFT, TOP, LEFT, HEIGHT - BOTTOM);
    fprintf(f->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">learning rate</text>\n",
            LEFT + (WIDTH - LEFT - RIGHT) / 2, HEIGHT - 16);
    fprintf(f->out,
            "<text transform=\"translate(20 %d) rotate(-90)\" text-anchor=\"middle\">loss"
            "</text>\n",
            TOP + (HEIGHT - TOP - BOTTOM) / 2);
}

static void put_curve(const frame *f, const neural_lr_curve *curve, int smoothed) {
    fprintf(f->out, "<polyline class=\"%s\" clip-path=\"url(#inside)\" points=\"",
            smoothed ? "smoothed" : "loss");
    for (int64_t i = 0; i < curve->count; i++) {
        const neural_lr_point *p = &curve->point[i];
        const double y = y_of(f, smoothed ? p->smoothed : p->loss);
        fprintf(f->out, "%s%.1f,%.1f", i ? " " : "", x_of(f, p->rate), fmax(y, -HEIGHT));
    }
    fputs("\"/>\n", f->out);
}

static void put_suggestion(const frame *f, const neural_lr_point *point) {
    const double x = x_of(f, point->rate), y = y_of(f, point->smoothed);
    const int is_right = x > WIDTH - RIGHT - 180;
    line(f, "mark", x, TOP, x, HEIGHT - BOTTOM);
    fprintf(f->out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"/>\n", x, y);
    fprintf(f->out,
            "<text class=\"note\" x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">suggestion %.3g</text>\n",
            is_right ? x - 8 : x + 8, TOP + 16, is_right ? "end" : "start", point->rate);
}

static void put_picture(const neural_lr_curve *curve, const char *title, FILE *out) {
    const frame f = frame_of(curve, out);
    put_head(&f, title);
    put_axes(&f);
    put_curve(&f, curve, 0);
    put_curve(&f, curve, 1);
    if (curve->suggestion >= 0) {
        put_suggestion(&f, &curve->point[curve->suggestion]);
    }
    fputs("</svg>\n", out);
}

/* --- the file --- */

static neural_status write_file(const char *path, const char *text, size_t bytes) {
    neural_file_writer *writer = NULL;
    NEURAL_TRY(neural_file_writer_create(path, &writer));
    neural_status status = neural_file_writer_write(writer, text, bytes);
    if (!status) {
        status = neural_file_writer_commit(writer);
    }
    neural_file_writer_destroy(writer);
    return status;
}

neural_status cli_lr_plot(const neural_lr_curve *curve, const char *title, const char *path) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    NEURAL_REQUIRE(out, NEURAL_ERR_OUT_OF_MEMORY, "%s: no memory for the picture", path);
    put_picture(curve, title, out);
    const int failed = fclose(out) != 0;
    const neural_status status =
        failed ? neural_error(NEURAL_ERR_OUT_OF_MEMORY, "%s: no memory for the picture", path)
               : write_file(path, text, bytes);
    free(text);
    return status;
}

neural_status cli_lr_plot_check(const char *path) {
    char head[5] = "";
    FILE *file = fopen(path, "rb");
    if (!file) {
        return NEURAL_OK; /* nothing there; else writing it says why not */
    }
    const size_t count = fread(head, 1, 4, file);
    fclose(file);
    NEURAL_REQUIRE(count == 0 || strcmp(head, "<svg") == 0, NEURAL_ERR_FILE_WRITE,
                   "%s: exists and is no SVG picture; not overwritten", path);
    return NEURAL_OK;
}
