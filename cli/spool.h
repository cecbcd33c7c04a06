/* Pieces of a stream as datasets. */
#ifndef CLI_SPOOL_H_
#define CLI_SPOOL_H_

#include "cli/stream.h"

/* Reads the file at path. */
typedef neural_status cli_spool_loader(void *context, const char *path, neural_dataset **out);

/* Gives the stream's current piece to the loader, as a file in memory. Its errors, which name that
 * file, become ones of standard input with the lines of the whole text. */
neural_status cli_spool_load(const cli_stream *stream, cli_spool_loader *load, void *context,
                             neural_dataset **out);

#endif /* CLI_SPOOL_H_ */
