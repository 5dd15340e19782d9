package io.eventcore.test.orders;

import org.springframework.data.jpa.repository.JpaRepository;

interface OrderRows extends JpaRepository<OrderRow, String> {}
