// NPY and ZIP files written by the tests themselves.
#ifndef TESTS_DATA_NPY_TESTING_H_
#define TESTS_DATA_NPY_TESTING_H_

#include <zlib.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace data_testing {

inline std::string little_endian(uint64_t value, int bytes) {
    std::string out;
    for (int i = 0; i < bytes; i++) {
        out += static_cast<char>(value >> (8 * i));
    }
    return out;
}

inline std::string npy_file(int version, const std::string &header, const std::string &payload) {
    std::string out = std::string("\x93NUMPY") + static_cast<char>(version) + '\0';
    return out + little_endian(header.size(), version == 1 ? 2 : 4) + header + payload;
}

inline std::string npy_header(const std::string &descr, bool fortran, const std::string &shape) {
    return "{'descr': '" + descr + "', 'fortran_order': " + (fortran ? "True" : "False") +
           ", 'shape': " + shape + ", }\n";
}

template <typename T> std::string raw(const std::vector<T> &values) {
    return std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T));
}

struct ZipMember {
    std::string name, content;
    bool deflated;
};

inline std::string deflate_raw(const std::string &text) {
    z_stream stream = {};
    deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, text.size()) + 64, '\0');
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef *>(&out[0]);
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

inline std::string zip_file(const std::vector<ZipMember> &members) {
    std::string out, directory;
    for (const ZipMember &m : members) {
        const std::string packed = m.deflated ? deflate_raw(m.content) : m.content;
        const uLong crc = crc32(0, reinterpret_cast<const Bytef *>(m.content.data()),
                                static_cast<uInt>(m.content.size()));
        const std::string sizes = little_endian(crc, 4) + little_endian(packed.size(), 4) +
                                  little_endian(m.content.size(), 4) +
                                  little_endian(m.name.size(), 2) + little_endian(0, 2);
        const std::string start = std::string(2, '\0') + little_endian(m.deflated ? 8 : 0, 2) +
                                  std::string(4, '\0') + sizes;
        directory += "PK\1\2" + little_endian(20, 2) + little_endian(20, 2) + start +
                     std::string(10, '\0') + little_endian(out.size(), 4) + m.name;
        out += "PK\3\4" + little_endian(20, 2) + start + m.name + packed;
    }
    const std::string count = little_endian(members.size(), 2);
    return out + directory + "PK\5\6" + std::string(4, '\0') + count + count +
           little_endian(directory.size(), 4) + little_endian(out.size(), 4) + std::string(2, '\0');
}

} // namespace data_testing

#endif // TESTS_DATA_NPY_TESTING_H_
