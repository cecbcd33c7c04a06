"""@rules_java on Bazel's native rules; Bazel's own tools load it."""

java_binary = native.java_binary
java_import = native.java_import
java_library = native.java_library
java_runtime = native.java_runtime
java_toolchain = native.java_toolchain
