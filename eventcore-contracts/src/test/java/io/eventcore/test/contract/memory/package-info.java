@NullMarked
package io.eventcore.test.contract.memory;

import org.jspecify.annotations.NullMarked;
