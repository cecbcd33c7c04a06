#include "logging/png.h"

#include <zlib.h>

#include "core/base/memory.h"
#include "tests/logging/logging_testing.h"

namespace {

std::string big_endian(uint64_t value) {
    std::string out = logging_testing::little_endian(value, 4);
    return {out.rbegin(), out.rend()};
}

// CRC of ISO 3309, bit by bit.
uint32_t crc32_of(const std::string &data) {
    uint32_t crc = 0xFFFFFFFFu;
    for (const char byte : data) {
        crc ^= static_cast<uint8_t>(byte);
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 1) ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
        }
    }
    return ~crc;
}

std::string chunk(const std::string &type, const std::string &data) {
    return big_endian(data.size()) + type + data + big_endian(crc32_of(type + data));
}

std::string encode(const std::string &pixels, int64_t height, int64_t width, int64_t channels) {
    uint8_t *png = nullptr;
    size_t bytes = 0;
    EXPECT_EQ(neural_png_encode(reinterpret_cast<const uint8_t *>(pixels.data()), height, width,
                                channels, &png, &bytes),
              NEURAL_OK)
        << neural_last_error();
    const std::string out(reinterpret_cast<const char *>(png), bytes);
    neural_free(png);
    return out;
}

// Everything but the compressed pixels is compared byte by byte; those are inflated by zlib.
void expect_png(const std::string &png, const std::string &pixels, size_t height, size_t width,
                size_t channels) {
    const char color = channels == 1 ? 0 : channels == 3 ? 2 : 6;
    const std::string head =
        std::string("\x89PNG\r\n\x1A\n") +
        chunk("IHDR", big_endian(width) + big_endian(height) + std::string({8, color, 0, 0, 0}));
    const std::string end = chunk("IEND", "");
    ASSERT_GT(png.size(), head.size() + end.size() + 12);
    EXPECT_EQ(png.substr(0, head.size()), head);
    EXPECT_EQ(png.substr(png.size() - end.size()), end);
    const std::string data =
        png.substr(head.size() + 8, png.size() - head.size() - end.size() - 12);
    EXPECT_EQ(png.substr(head.size(), data.size() + 12), chunk("IDAT", data));
    std::string rows(height * (width * channels + 1), '\0');
    uLongf bytes = rows.size();
    ASSERT_EQ(uncompress(reinterpret_cast<Bytef *>(&rows[0]), &bytes,
                         reinterpret_cast<const Bytef *>(data.data()), data.size()),
              Z_OK);
    ASSERT_EQ(bytes, rows.size());
    for (size_t i = 0; i < height; i++) {
        EXPECT_EQ(rows[i * (width * channels + 1)], 0);
        EXPECT_EQ(rows.substr(i * (width * channels + 1) + 1, width * channels),
                  pixels.substr(i * width * channels, width * channels));
    }
}

TEST(Png, SizesAndChannels) {
    for (const size_t channels : {1u, 3u, 4u}) {
        for (const auto &[height, width] : std::vector<std::pair<size_t, size_t>>{
                 {1, 1}, {1, 7}, {5, 1}, {28, 28}, {33, 517}, {300, 1000}}) {
            std::string pixels;
            for (uint32_t i = 1; pixels.size() < height * width * channels;
                 i = i * 1664525u + 1013904223u) {
                pixels += static_cast<char>(i >> 24);
            }
            expect_png(encode(pixels, static_cast<int64_t>(height), static_cast<int64_t>(width),
                              static_cast<int64_t>(channels)),
                       pixels, height, width, channels);
        }
    }
    const std::string flat(3000 * 2000, 'f');
    const std::string small = encode(flat, 3000, 2000, 1);
    EXPECT_LT(small.size(), 20000u);
    expect_png(small, flat, 3000, 2000, 1);
}

TEST(Png, SizesThatAreRefused) {
    const uint8_t pixel[4] = {};
    uint8_t *png = nullptr;
    size_t bytes = 0;
    const int64_t refused[][3] = {{0, 1, 1}, {1, 0, 1}, {-1, 5, 1},
                                  {1, 1, 0}, {1, 1, 2}, {1, 1, 5}};
    for (const auto &size : refused) {
        EXPECT_EQ(neural_png_encode(pixel, size[0], size[1], size[2], &png, &bytes),
                  NEURAL_ERR_INVALID_ARGUMENT);
    }
    const int64_t large[][3] = {{INT64_MAX, 1, 1},        {1, INT64_MAX, 4},
                                {1 << 16, 1 << 15, 1},    {INT64_MAX, INT64_MAX, 3},
                                {2, INT64_C(1) << 31, 1}, {1 << 30, 1, 4}};
    for (const auto &size : large) {
        EXPECT_EQ(neural_png_encode(pixel, size[0], size[1], size[2], &png, &bytes),
                  NEURAL_ERR_TENSOR_TOO_LARGE);
    }
    EXPECT_EQ(neural_png_encode(nullptr, 1, 1, 1, &png, &bytes), NEURAL_ERR_NULL_POINTER);
    EXPECT_EQ(png, nullptr);
}

TEST(Png, FailedAllocations) {
    const std::string pixels(64 * 64, 'p');
    const int64_t before = neural_alloc_bytes();
    int failures = 0;
    for (int n = 1; n < 12; n++) {
        uint8_t *png = nullptr;
        size_t bytes = 0;
        neural_alloc_fail_at(n);
        const neural_status status = neural_png_encode(
            reinterpret_cast<const uint8_t *>(pixels.data()), 64, 64, 1, &png, &bytes);
        neural_alloc_fail_at(0);
        failures += status == NEURAL_ERR_OUT_OF_MEMORY;
        EXPECT_TRUE(status == NEURAL_OK || status == NEURAL_ERR_OUT_OF_MEMORY);
        EXPECT_EQ(status == NEURAL_OK, png != nullptr);
        neural_free(png);
    }
    EXPECT_GE(failures, 4);
    EXPECT_EQ(neural_alloc_bytes(), before);
}

} // namespace
