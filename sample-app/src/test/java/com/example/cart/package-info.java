/** The application of the README's quick start; {@code .ci/run} also builds it as a project of its own. */
@NullMarked
package com.example.cart;

import org.jspecify.annotations.NullMarked;
