#include <openssl/err.h>
#include <openssl/ssl.h>

/* What these set is behind macros, which Swift cannot call. */
static inline void cssl_set_defaults(SSL_CTX *context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}
